using System.Buffers.Binary;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Modules;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Sessions;

/// <summary>Answers the evaluators from the session.</summary>
public sealed class ExpressionContext(DebuggerSession session) : IEvaluationContext
{
    public int Radix => session.Options.Radix;
    public bool PrefersCpp => session.Options.PrefersCpp;

    public bool TryRegister(string name, out ulong value) =>
        name.StartsWith('$') ? session.Pseudo.TryGet(name, out value) : Registers.TryGet(session.Context, name, out value);

    public bool TrySymbol(string name, out ulong value)
    {
        if (name.StartsWith("$!", StringComparison.Ordinal))
            return session.Walker.TryLocalAddress(name[2..], out value);
        string text = name.Replace("__", "::");
        return session.Symbols.TryGetAddress(name, out value) ||
            text != name && session.Symbols.TryGetAddress(text, out value) ||
            !name.Contains('!') && session.Walker.TryLocalAddress(name, out value);
    }

    public bool TrySourceLine(string text, out ulong address)
    {
        address = 0;
        int bang = text.IndexOf('!');
        string? module = bang > 0 ? text[..bang] : null;
        string rest = text[(bang + 1)..];
        int colon = rest.LastIndexOf(':');
        string file = colon < 0 ? rest : rest[..colon];
        string number = colon < 0 ? "1" : rest[(colon + 1)..];
        if (!(number.StartsWith("0x", StringComparison.Ordinal)
                ? int.TryParse(number.AsSpan(2), System.Globalization.NumberStyles.HexNumber, null, out int line)
                : int.TryParse(number, out line)))
            return false;
        if (file.Length == 0 && session.Context.Integer is { } integer && session.Modules.LineAt(integer.Rip) is { } here)
            file = here.File;
        foreach (DebuggedModule candidate in session.Modules.Loaded)
        {
            if (module is not null && !candidate.Name.Equals(module, StringComparison.OrdinalIgnoreCase))
                continue;
            if (candidate.Symbols.FindLine(file, line).FirstOrDefault() is { } found)
            {
                address = candidate.Base + found.Rva;
                return true;
            }
        }
        return false;
    }

    public bool TryRead(ulong address, int size, bool physical, out ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        bool read = (physical ? session.Target.ReadPhysical(address, bytes[..size]) : session.Read(address, bytes[..size])) == size;
        value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return read;
    }

    public int Read(ulong address, Span<byte> buffer) => session.Read(address, buffer);

    public bool TryEntryPoint(ulong imageBase, out ulong address)
    {
        address = 0;
        if (!session.TryReadInteger(imageBase + 0x3c, 4, out ulong header) ||
            !session.TryReadInteger(imageBase + header + 0x28, 4, out ulong entry))
            return false;
        address = imageBase + entry;
        return true;
    }

    public string? ReturnType(ulong function) => session.Modules.At(function) is { } module &&
        module.Symbols.Nearest(module.Rva(function)) is { Type: { Kind: TypeKind.Function } type } ? type.Element?.CName : null;

    public ulong EvaluateCpp(string text) => session.Cpp.EvaluateInteger(text);
}
