using KdSim.Debugger.Expressions;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Commands;

/// <summary><c>??</c>: evaluates C++.</summary>
[Command("??", "?? expression", "Evaluate a C++ expression", Example = "?? sizeof(nt!_IRP)")]
public sealed class EvaluateCpp : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        TypedValue value = session.Cpp.Evaluate(arguments.Text);
        TypeInfo type = value.Type;
        if (type.IsRecord)
        {
            yield return new Line(new Text($"{type.CName}"));
            foreach (Node node in TypeFields.Of(session, type, value.Bits))
                yield return node;
            yield break;
        }
        yield return new Line(new Text($"{type.CName} {Text(session, value)}"));
        if (type is { Kind: TypeKind.Pointer, Element: { IsRecord: true } target } && value.Bits != 0)
            foreach (Node node in TypeFields.Of(session, target, value.Bits))
                yield return node;
    }

    static string Text(DebuggerSession session, TypedValue value) => value.Type.Kind switch
    {
        TypeKind.Pointer => value.Bits == 0 ? "(null) " : $"0x{Addresses.Accent(value.Bits)}" +
            (value.Type.Element is { Kind: TypeKind.Character, Size: 1 } ? $"\n \"{session.ReadAnsi(value.Bits, 128)}\"" : ""),
        TypeKind.Array => value.Type.Element is { Kind: TypeKind.Character, Size: 1 }
            ? DataValues.Format(session, value.Type, value.Bits)[$"[{value.Type.Count}]".Length..].TrimStart(' ').Insert(0, " ")
            : $"0x{Addresses.Accent(value.Bits)}",
        TypeKind.Boolean => value.Bits == 0 ? "false" : "true",
        TypeKind.Function => $"0x{Addresses.Accent(value.Bits)}",
        _ => DataValues.Scalar(session, value.Type, value.Bits),
    };
}
