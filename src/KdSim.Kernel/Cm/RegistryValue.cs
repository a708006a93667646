using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace KdSim.Kernel.Cm;

/// <summary>The REG_* types, with the values that drivers see.</summary>
public enum RegistryValueType : uint
{
    None = 0,
    String = 1,
    ExpandString = 2,
    Binary = 3,
    DWord = 4,
    DWordBigEndian = 5,
    Link = 6,
    MultiString = 7,
    ResourceList = 8,
    FullResourceDescriptor = 9,
    ResourceRequirementsList = 10,
    QWord = 11,
}

/// <summary>A value of a key: its name ("" is the default value), type and raw bytes. Strings are UTF-16 with their NUL, as a driver reads them.</summary>
public sealed record RegistryValue(string Name, RegistryValueType Type, ImmutableArray<byte> Data)
{
    public static RegistryValue Text(string name, string text, RegistryValueType type = RegistryValueType.String) =>
        new(name, type, [.. Encoding.Unicode.GetBytes(text + "\0")]);

    public static RegistryValue Texts(string name, IEnumerable<string> texts) =>
        new(name, RegistryValueType.MultiString, [.. Encoding.Unicode.GetBytes(string.Concat(texts.Select(text => text + "\0")) + "\0")]);

    public static RegistryValue Number(string name, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return new(name, RegistryValueType.DWord, [.. bytes]);
    }

    public static RegistryValue Bytes(string name, RegistryValueType type, ReadOnlySpan<byte> data) => new(name, type, [.. data]);

    /// <summary>The text of a string value up to its NUL, or null where the value is of another type.</summary>
    public string? AsText() =>
        Type is RegistryValueType.String or RegistryValueType.ExpandString or RegistryValueType.Link ? Decoded().Split('\0')[0] : null;

    /// <summary>The strings of a multi-string (a plain string counts as one), or none where the value is of another type.</summary>
    public ImmutableArray<string> AsTexts() => Type switch
    {
        RegistryValueType.MultiString => [.. Decoded().Split('\0').TakeWhile(text => text.Length > 0)],
        RegistryValueType.String or RegistryValueType.ExpandString => [Decoded().Split('\0')[0]],
        _ => [],
    };

    public uint? AsNumber() =>
        Type == RegistryValueType.DWord && Data.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(Data.AsSpan()) : null;

    string Decoded() => Encoding.Unicode.GetString(Data.AsSpan()[..(Data.Length & ~1)]);
}
