using System.Text;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Kernel;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.DataModel;

/// <summary>A value of the target with its C++ type: fields are members, arrays can be iterated, a pointer shows what it points to.</summary>
public sealed class ModelNative(DebuggerSession session, TypedValue value) : ModelValue
{
    const int LongestText = 128;

    public TypedValue Value => value;

    TypeInfo Type => value.Type;

    ulong Address => value.Address ?? value.Bits;

    public override string TypeName => NameOf(Type);

    public override bool IsTrue => value.Signed != 0;

    public override string Display(ModelFormat format) => Type.Kind switch
    {
        TypeKind.Structure or TypeKind.Union => RecordText(),
        TypeKind.Array => Type.Element is { Kind: TypeKind.Character } ? Quote(ArrayText(), format) : "",
        TypeKind.Pointer => PointerText(format),
        TypeKind.Enum => EnumText(format),
        TypeKind.Character when Type.Signed || format.CharacterSize != 0 => $"{value.Signed} '{(char)(byte)value.Bits}'",
        TypeKind.Function or TypeKind.Void => "",
        _ => ModelNumber.Write(value, format),
    };

    public override IEnumerable<ModelMember> Members => Record() is var (type, address)
        ? type.Fields.Select(f => new ModelMember(f.Name, () => Field(f, address), Label(f))) : [];

    public override IEnumerable<ModelElement>? Elements => Type.Kind == TypeKind.Array && Type.Element is { } element
        ? Enumerable.Range(0, (int)Type.Count).Select(i =>
            new ModelElement(ModelNumber.Of((ulong)i), Load(element, Address + (ulong)i * element.Size)))
        : null;

    public override ModelValue? Member(string name)
    {
        if (Record() is not var (type, address))
            return null;
        return type.Find(name) is { } field ? Load(field.Type, address + field.Offset, field.BitPosition, field.BitLength) : Extra(type.Name, address, name);
    }

    public override ModelValue? Element(ModelValue key) => ModelNumber.NumberOf(key) is { } index && Type.Kind is TypeKind.Array or TypeKind.Pointer
        ? new ModelNative(session, session.Cpp.Indexed(value, index)) : null;

    public override int Compare(ModelValue other) => ModelNumber.NumberOf(other) is { } right && Type.Kind is not (TypeKind.Structure or TypeKind.Union)
        ? ModelNumber.Order(value, right) : base.Compare(other);

    /// <summary>True for a null pointer, which has nothing to show below it.</summary>
    public bool IsNull => Type.Kind == TypeKind.Pointer && value.Bits == 0;

    /// <summary>The structure that it is or points to; null for other values.</summary>
    (TypeInfo Type, ulong Address)? Record() => Type.IsRecord ? (Type, Address)
        : Type is { Kind: TypeKind.Pointer, Element: { IsRecord: true } target } ? (target, value.Bits) : null;

    /// <summary>Members that kernel objects have beside their fields, as WinDbg's model gives them.</summary>
    ModelValue? Extra(string type, ulong address, string name) => (type, name) switch
    {
        ("_DEVICE_OBJECT", "Driver") => Member("DriverObject"),
        ("_DEVICE_OBJECT", "UpperDevices") => Stack(address, upper: true),
        ("_DEVICE_OBJECT", "LowerDevices") => Stack(address, upper: false),
        _ => null,
    };

    ModelValue Stack(ulong address, bool upper) => ModelSequence.Of(() =>
    {
        if (Devices.Device(session, address) is not { } device)
            return [];
        List<ulong> stack = Devices.Stack(session, device).Select(d => d.Address).ToList();
        int at = stack.IndexOf(address);
        return (upper ? stack.Take(at).Reverse() : stack.Skip(at + 1)).Select(d => ModelObjects.Pointer(session, "nt!_DEVICE_OBJECT", d));
    });

    ModelNative Field(FieldInfo field, ulong address) => Load(field.Type, address + field.Offset, field.BitPosition, field.BitLength);

    ModelNative Load(TypeInfo type, ulong address, int bitPosition = 0, int bitLength = 0)
    {
        bool inMemory = type.IsRecord || type.Kind is TypeKind.Array or TypeKind.Function;
        if (!inMemory && !session.TryReadInteger(address, (int)Math.Clamp(type.Size, 1, 8), out _))
            throw new CommandException(Unreadable(address));
        return new(session, session.Cpp.Load(type, address, bitPosition, bitLength));
    }

    static string Unreadable(ulong address) => $"Unable to read memory at Address 0x{address:x}";

    static string Label(FieldInfo field) => field.IsBits
        ? $"[+0x{field.Offset:x3} ({field.BitPosition,2}:{field.BitPosition + field.BitLength - 1,2})] " : $"[+0x{field.Offset:x3}] ";

    string RecordText() => Type.Name switch
    {
        "_UNICODE_STRING" or "_STRING" or "_ANSI_STRING" => DataValues.Format(session, Type, Address),
        "_LARGE_INTEGER" or "_ULARGE_INTEGER" => session.TryReadPointer(Address, out ulong large) ? $"{{{(long)large}}}" : Unreadable(Address),
        "_GUID" or "GUID" => GuidText(),
        _ => "",
    };

    string GuidText()
    {
        byte[] bytes = new byte[16];
        return session.Read(Address, bytes) == bytes.Length ? $"{{{new Guid(bytes).ToString().ToUpperInvariant()}}}" : Unreadable(Address);
    }

    string PointerText(ModelFormat format)
    {
        string text = $"0x{value.Bits:x}";
        if (value.Bits == 0)
            return text;
        return Type.Element switch
        {
            { Kind: TypeKind.Character, Size: 1 } => $"{text} : {Quote(session.ReadAnsi(value.Bits, LongestText), format)}",
            { Kind: TypeKind.Character } => $"{text} : {Quote(UpToNul(session.ReadUnicode(value.Bits, 2 * LongestText)), format)}",
            { Name: "_DEVICE_OBJECT" } => $"{text} : Device for \"{Devices.DriverNameOf(session, value.Bits)}\"",
            { Name: "_DRIVER_OBJECT" } => $"{text} : Driver \"{Devices.DriverName(session, value.Bits)}\"",
            { Kind: TypeKind.Function } => $"{text} : {session.SymbolAt(value.Bits)}",
            { IsRecord: true } target when new ModelNative(session, new TypedValue(target, value.Bits, value.Bits)).RecordText() is { Length: > 0 } more =>
                $"{text} : {more}",
            _ => text,
        };
    }

    string EnumText(ModelFormat format)
    {
        string number = ModelNumber.Write(value, format);
        return DataValues.NameOf(Type, value.Signed) is not { } name ? number : format.EnumNamesOnly ? name : $"{name} ({number})";
    }

    string ArrayText()
    {
        int size = (int)Type.Element!.Size;
        byte[] bytes = new byte[Math.Min((int)Type.Count, LongestText) * size];
        int length = session.Read(Address, bytes);
        return UpToNul(size == 1 ? Encoding.Latin1.GetString(bytes, 0, length) : Encoding.Unicode.GetString(bytes, 0, length & ~1));
    }

    static string Quote(string text, ModelFormat format) => format.Quotes ? $"\"{text}\"" : text;

    static string UpToNul(string text) => text.IndexOf('\0') is >= 0 and int end ? text[..end] : text;

    /// <summary>As the data model names types: no tags before structures, <c>__int64</c>.</summary>
    static string NameOf(TypeInfo type) => type.Kind switch
    {
        TypeKind.Pointer when type.Element is { Kind: TypeKind.Function } function =>
            $"{NameOf(function.Element ?? BasicTypes.Void)} (*)({Bare(function.Parameters ?? "")})",
        TypeKind.Pointer => NameOf(type.Element ?? BasicTypes.Void) is var target && target.EndsWith('*') ? target + "*" : target + " *",
        TypeKind.Array => $"{NameOf(type.Element ?? BasicTypes.Void)} [{type.Count}]",
        TypeKind.Structure or TypeKind.Union or TypeKind.Enum => type.Name.Length == 0 ? "<unnamed-tag>" : type.Name,
        _ => Bare(type.CName),
    };

    static string Bare(string name) =>
        name.Replace("struct ", "").Replace("union ", "").Replace("enum ", "").Replace(", ", ",").Replace("int64", "__int64").Replace("____", "__");
}
