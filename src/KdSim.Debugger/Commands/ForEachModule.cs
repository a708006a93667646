using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;

namespace KdSim.Debugger.Commands;

/// <summary>
/// <c>!for_each_module</c>: runs commands for each module, with its name and addresses in place of <c>@#ModuleName</c> and its kin.
/// </summary>
[Command("!for_each_module", "!for_each_module [\"commands\"]", "Run commands for each loaded module",
    Example = "!for_each_module \".echo @#ModuleName @#Base\"")]
public sealed class ForEachModule : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        string commands = arguments.Text is ['"', ..] quoted ? Quoted.Read(quoted).Value : arguments.Text;
        if (commands.Length == 0)
            commands = ".echo @#ModuleName @#Base @#End @#ImageName";
        foreach (DebuggedModule module in session.Modules.Loaded.ToList())
        {
            session.Cancellation.ThrowIfCancellationRequested();
            string text = commands;
            foreach ((string name, string value) in Variables(module))
                text = text.Replace($"${{@#{name}}}", value).Replace($"@#{name}", value);
            session.RunNested(text);
        }
        yield break;
    }

    /// <summary>Longer names first: none may be the beginning of one that follows it.</summary>
    static IEnumerable<(string Name, string Value)> Variables(DebuggedModule module) =>
    [
        ("ModuleName", module.Name), ("ImageName", module.Image.ImagePath), ("LoadedImageName", module.Image.ImageName),
        ("Base", $"0x{module.Base:x16}"), ("End", $"0x{module.Image.End:x16}"), ("Size", $"0x{module.Image.Size:x}"),
        ("TimeDateStamp", $"0x{module.Image.TimeDateStamp:x}"), ("Checksum", $"0x{module.Image.CheckSum:x}"),
    ];
}
