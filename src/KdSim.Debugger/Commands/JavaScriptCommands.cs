using KdSim.Debugger.Scripting;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Output;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.Commands;

/// <summary><c>.scriptload .scriptrun .scriptunload .scriptlist .scriptproviders</c>.</summary>
[Command(".scriptload", ".scriptload file.js", "Load a JavaScript file: its root code and initializeScript run")]
[Command(".scriptrun", ".scriptrun file.js", "Load a JavaScript file and call its invokeScript")]
[Command(".scriptunload", ".scriptunload file.js", "Unload a JavaScript file: uninitializeScript runs")]
[Command(".scriptlist", ".scriptlist", "List loaded scripts", Example = ".scriptlist")]
[Command(".scriptproviders", ".scriptproviders", "List the script languages", Example = ".scriptproviders")]
public sealed class Scripts : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        JavaScriptHost host = session.Scripts;
        string path = arguments.Text.Trim('"');
        if (path.Length == 0 && arguments.Name is not (".scriptlist" or ".scriptproviders"))
            throw arguments.Wrong("Syntax", 0);
        switch (arguments.Name)
        {
            case ".scriptload" or ".scriptrun":
                host.Load(path, arguments.Name == ".scriptrun",
                    () => session.Emit(new Line($"JavaScript script successfully loaded from '{path}'")));
                break;
            case ".scriptunload":
                string unloaded = host.Unload(path);
                yield return new Line($"JavaScript script unloaded from '{unloaded}'");
                break;
            case ".scriptlist":
                yield return new Line("Command Loaded Scripts:");
                foreach (string loaded in host.Loaded)
                    yield return new Line($"    JavaScript script from '{loaded}'");
                break;
            default:
                yield return new Line("Available Script Providers:");
                yield return new Line("    JavaScript (extension '.js')");
                break;
        }
    }
}
