using System.Globalization;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Inspection;

/// <summary>Values of typed data as <c>dt</c>, <c>dv</c>, <c>x</c> and <c>??</c> write them.</summary>
public static class DataValues
{
    /// <summary>A field's or variable's value; unreadable memory is <c>??</c>.</summary>
    public static string Format(DebuggerSession session, TypeInfo type, ulong address, int bitPosition = 0, int bitLength = 0)
    {
        switch (type.Kind)
        {
            case TypeKind.Structure or TypeKind.Union:
                return Record(session, type, address);
            case TypeKind.Array:
                return Array(session, type, address);
            case TypeKind.Function or TypeKind.Void:
                return type.DebuggerName;
        }
        int size = (int)Math.Clamp(type.Size, 1, 8);
        if (!session.TryReadInteger(address, size, out ulong bits))
            return "??";
        if (bitLength > 0)
            return Bits(bits >> bitPosition & (bitLength >= 64 ? ulong.MaxValue : (1UL << bitLength) - 1), bitLength, type);
        return Scalar(session, type, bits);
    }

    static string Bits(ulong value, int length, TypeInfo type)
    {
        if (type.Kind == TypeKind.Enum && NameOf(type, (long)value) is { } name)
            return $"0y{Convert.ToString((long)value, 2).PadLeft(length, '0')} ( {name} )";
        return "0y" + Convert.ToString((long)value, 2).PadLeft(length, '0');
    }

    public static string Scalar(DebuggerSession session, TypeInfo type, ulong bits)
    {
        long signed = new TypedValue(type, bits).Signed;
        return type.Kind switch
        {
            TypeKind.Pointer => Pointer(session, type, bits),
            TypeKind.Enum => NameOf(type, signed) is { } name ? $"{signed} ( {name} )" : Integer(type, bits),
            TypeKind.Character when type.Size == 1 => Character(bits),
            TypeKind.Character => bits is >= 0x20 and < 0x7f ? $"0x{bits:x} '{(char)bits}'" : $"0x{bits:x}",
            TypeKind.Boolean => bits.ToString(),
            TypeKind.Float => Float(type, bits),
            _ => session.Options.LongsInRadix && type is { Kind: TypeKind.Integer, Size: >= 4, Signed: true } ? InRadix(session, type, signed)
                : Integer(type, bits),
        };
    }

    /// <summary>A long integer in the number base of <c>n</c>, marked where that base is not 10.</summary>
    static string InRadix(DebuggerSession session, TypeInfo type, long value) => session.Options.Radix switch
    {
        16 => $"0x{(type.Size == 8 ? Wide((ulong)value) : ((uint)value).ToString("x"))}",
        8 => $"0t{Convert.ToString(type.Size == 8 ? value : (uint)value, 8)}",
        _ => $"0n{value}",
    };

    static string Float(TypeInfo type, ulong bits) => type.Size == 4
        ? BitConverter.UInt32BitsToSingle((uint)bits).ToString("R", CultureInfo.InvariantCulture)
        : BitConverter.UInt64BitsToDouble(bits).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Signed in decimal with <c>0n</c>, unsigned in hex; one digit without a prefix for unsigned ones.</summary>
    public static string Integer(TypeInfo type, ulong bits)
    {
        long signed = new TypedValue(type, bits).Signed;
        return type.Signed ? $"0n{signed}" : signed is >= 0 and < 10 ? $"{signed}" : type.Size == 8 ? $"0x{Wide((ulong)signed)}"
            : $"0x{signed:x}";
    }

    static string Wide(ulong value) => value > uint.MaxValue ? $"{value >> 32:x}`{(uint)value:x8}" : value.ToString("x");

    static string Character(ulong bits)
    {
        byte value = (byte)bits;
        bool printable = value is >= 0x20 and < 0x7f;
        return $"{(value < 10 ? $"{value}" : printable ? $"{value}" : $"0x{value:x}")} '{(printable ? ((char)value).ToString() : "")}'";
    }

    static string Pointer(DebuggerSession session, TypeInfo type, ulong bits)
    {
        if (bits == 0)
            return "(null) ";
        string text = $"0x{Addresses.Accent(bits)}";
        TypeInfo? target = type.Element;
        return target?.Kind switch
        {
            TypeKind.Structure or TypeKind.Union => $"{text} {target.Name}",
            TypeKind.Function => $"{text}     {target.Element?.CName} {SymbolText(session, bits)}".TrimEnd(),
            TypeKind.Void => $"{text} Void",
            TypeKind.Character when target.Size == 1 => $"{text}  \"{Printable(session.ReadAnsi(bits, 64))}\"",
            TypeKind.Character => $"{text}  \"{Printable(WideString(session, bits, 64))}\"",
            TypeKind.Integer when target.Size == 2 && !target.Signed && session.Options.UnicodeShorts =>
                $"{text}  \"{Printable(WideString(session, bits, 64))}\"",
            null => text,
            _ => $"{text}  -> {Pointed(session, target!, bits)}",
        };
    }

    static string Pointed(DebuggerSession session, TypeInfo target, ulong address) =>
        session.TryReadInteger(address, (int)Math.Clamp(target.Size, 1, 8), out ulong value) ? Scalar1(session, target, value) : "??";

    static string Scalar1(DebuggerSession session, TypeInfo type, ulong bits) =>
        type.Kind == TypeKind.Pointer ? bits == 0 ? "(null) " : $"0x{Addresses.Accent(bits)}" : Scalar(session, type, bits);

    static string SymbolText(DebuggerSession session, ulong address) =>
        session.Symbols.TryGetName(address, out string name, out ulong displacement) ? $" {name}+{displacement:x}" : "";

    public static string? NameOf(TypeInfo type, long value)
    {
        foreach ((string name, long known) in type.Values)
            if (known == value)
                return name;
        return null;
    }

    static string Record(DebuggerSession session, TypeInfo type, ulong address)
    {
        switch (type.Name)
        {
            case "_UNICODE_STRING" or "UNICODE_STRING":
                return session.TryReadInteger(address, 2, out ulong length) && session.TryReadPointer(address + 8, out ulong buffer)
                    ? length == 0 || buffer == 0 ? "\"\"" : $"\"{Printable(session.ReadUnicode(buffer, (int)Math.Min(length, 512)))}\""
                    : "??";
            case "_STRING" or "_ANSI_STRING":
                return session.TryReadInteger(address, 2, out ulong ansi) && session.TryReadPointer(address + 8, out ulong text)
                    ? $"\"{Printable(session.ReadAnsi(text, (int)ansi))}\""
                    : "??";
            case "_LIST_ENTRY":
                return session.TryReadPointer(address, out ulong flink) && session.TryReadPointer(address + 8, out ulong blink)
                    ? $"_LIST_ENTRY [ 0x{Addresses.Accent(flink)} - 0x{Addresses.Accent(blink)} ]"
                    : "_LIST_ENTRY [ ?? - ?? ]";
            case "_LARGE_INTEGER" or "_ULARGE_INTEGER":
                return session.TryReadPointer(address, out ulong large) ? $"{type.Name} 0x{Wide(large)}" : $"{type.Name} ??";
            default:
                return type.Name.Length == 0 || type.Name.Contains("<unnamed", StringComparison.Ordinal) ? "<unnamed-tag>" : type.Name;
        }
    }

    static string Array(DebuggerSession session, TypeInfo type, ulong address)
    {
        if (type.Element is not { } element)
            return type.DebuggerName;
        if (element.Kind == TypeKind.Character && element.Size == 1)
        {
            byte[] bytes = new byte[Math.Min(type.Count, 64)];
            int length = session.Read(address, bytes);
            return length == 0 ? $"[{type.Count}] ??"
                : $"[{type.Count}]  \"{Printable(new string(bytes.Take(length).TakeWhile(b => b != 0).Select(b => (char)b).ToArray()))}\"";
        }
        if (element is { Size: 2, Signed: false, Kind: TypeKind.Integer or TypeKind.Character } &&
            (element.Kind == TypeKind.Character || session.Options.UnicodeShorts))
            return $"[{type.Count}]  \"{Printable(WideString(session, address, (int)Math.Min(type.Count, 64)))}\"";
        return type.Count == 0 ? $"[0] {element.DebuggerName}" : $"[{type.Count}] {Format(session, element, address)}";
    }

    static string WideString(DebuggerSession session, ulong address, int most)
    {
        string text = session.ReadUnicode(address, most * 2);
        int end = text.IndexOf('\0');
        return end < 0 ? text : text[..end];
    }

    static string Printable(string text) => string.Concat(text.Select(c => c is >= ' ' and < (char)0x7f or > (char)0xa0 ? c : '.'));
}
