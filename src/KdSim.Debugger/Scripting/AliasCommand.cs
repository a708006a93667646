using Jint.Native;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Scripting;

/// <summary>A script's function as a command.</summary>
sealed class AliasCommand(JavaScriptHost host, LoadedScript script, JsValue function, string name) : ICommand
{
    public LoadedScript Script => script;

    public object Parse(ArgumentReader arguments) => arguments.Text.Trim();

    public IEnumerable<Node> Run(object arguments, IDebugSession session)
    {
        string result = host.Call(script, function, $"@${name}", (string)arguments);
        return result.Length == 0 ? [] : [new Text(result)];
    }
}
