using System.Buffers.Binary;
using System.Text;

namespace KdSim.Symbols.Pe;

/// <summary>
/// What a VS_VERSIONINFO resource says. Strings come from the first string table; a resource that is damaged from somewhere on gives what
/// stands before that.
/// </summary>
/// <param name="Translations">Language and code page pairs, as <c>040904b0</c> is the first.</param>
public sealed record VersionResource(
    Version FileVersion, Version ProductVersion, uint FlagsMask, uint Flags, uint Os, uint Type, uint Subtype, ulong Date,
    IReadOnlyList<(ushort Language, ushort CodePage)> Translations, IReadOnlyList<KeyValuePair<string, string>> Strings)
{
    const uint VersionType = 16;
    const uint Signature = 0xFEEF04BD;
    const int FixedSize = 52;
    const int LargestResource = 1 << 20;
    const int MostEntries = 4096;

    /// <summary>The version resource of an image; null when it has none that can be read.</summary>
    public static VersionResource? Read(PeImage image)
    {
        DirectoryEntry directory = image.Directory(PeDirectory.Resource);
        if (!directory.IsPresent || Descend(image, directory.Rva, 0, VersionType) is not { } byName ||
            Descend(image, directory.Rva, byName, null) is not { } byLanguage || Descend(image, directory.Rva, byLanguage, null) is not { } leaf)
            return null;
        Span<byte> entry = stackalloc byte[8];
        if (!image.TryRead(directory.Rva + leaf, entry))
            return null;
        uint rva = BinaryPrimitives.ReadUInt32LittleEndian(entry), size = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
        byte[] data = new byte[Math.Min(size, LargestResource)];
        return image.TryRead(rva, data) ? Parse(data) : null;
    }

    /// <summary>The offset that a directory's entry with an id (null: its first) leads to.</summary>
    static uint? Descend(PeImage image, uint root, uint offset, uint? id)
    {
        const uint IsDirectory = 0x8000_0000;
        Span<byte> header = stackalloc byte[16], entry = stackalloc byte[8];
        offset &= ~IsDirectory;
        if (!image.TryRead(root + offset, header))
            return null;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[12..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[14..]);
        for (int i = 0; i < Math.Min(count, MostEntries); i++)
        {
            if (!image.TryRead(root + offset + 16 + (uint)i * 8, entry))
                return null;
            if (id is null || BinaryPrimitives.ReadUInt32LittleEndian(entry) == id)
                return BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
        }
        return null;
    }

    /// <summary>One node: its key, its value and its children; every node has this form.</summary>
    readonly record struct Block(string Key, int Value, int ValueLength, int Children, int End);

    static VersionResource? Parse(ReadOnlySpan<byte> data)
    {
        if (ReadBlock(data, 0, data.Length) is not { Key: "VS_VERSION_INFO", ValueLength: >= FixedSize } root)
            return null;
        ReadOnlySpan<byte> info = data[root.Value..];
        if (BinaryPrimitives.ReadUInt32LittleEndian(info) != Signature)
            return null;
        List<KeyValuePair<string, string>> strings = [];
        List<(ushort, ushort)> translations = [];
        for (int at = root.Children; ReadBlock(data, at, root.End) is { } part; at = Aligned(part.End))
            for (int inner = part.Children; ReadBlock(data, inner, part.End) is { } table; inner = Aligned(table.End))
                if (part.Key == "VarFileInfo")
                    for (int i = 0; i + 4 <= table.ValueLength; i += 4)
                        translations.Add((Word(data, table.Value + i), Word(data, table.Value + i + 2)));
                else if (strings.Count == 0)
                    for (int text = table.Children; ReadBlock(data, text, table.End) is { } item; text = Aligned(item.End))
                        strings.Add(new(item.Key, Text(data[item.Value..item.End])));
        uint Field(ReadOnlySpan<byte> span, int index) => BinaryPrimitives.ReadUInt32LittleEndian(span[(index * 4)..]);
        return new VersionResource(
            MakeVersion(Field(info, 2), Field(info, 3)), MakeVersion(Field(info, 4), Field(info, 5)), Field(info, 6), Field(info, 7), Field(info, 8),
            Field(info, 9), Field(info, 10), (ulong)Field(info, 11) << 32 | Field(info, 12), translations, strings);
    }

    static Block? ReadBlock(ReadOnlySpan<byte> data, int at, int end)
    {
        if (at + 6 > Math.Min(end, data.Length))
            return null;
        int length = Word(data, at), valueLength = Word(data, at + 2);
        bool isText = Word(data, at + 4) == 1;
        if (length < 6 || at + length > Math.Min(end, data.Length))
            return null;
        string key = Text(data[(at + 6)..(at + length)]);
        int value = Aligned(at + 6 + (key.Length + 1) * 2);
        int valueBytes = Math.Min(isText ? valueLength * 2 : valueLength, Math.Max(at + length - value, 0));
        return new Block(key, Math.Min(value, at + length), valueBytes, Aligned(value + valueBytes), at + length);
    }

    static int Aligned(int offset) => (offset + 3) & ~3;

    static ushort Word(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);

    static string Text(ReadOnlySpan<byte> data)
    {
        int length = 0;
        while (length + 1 < data.Length && (data[length] | data[length + 1]) != 0)
            length += 2;
        return Encoding.Unicode.GetString(data[..length]);
    }

    static Version MakeVersion(uint high, uint low) => new((int)(high >> 16), (int)(high & 0xffff), (int)(low >> 16), (int)(low & 0xffff));
}
