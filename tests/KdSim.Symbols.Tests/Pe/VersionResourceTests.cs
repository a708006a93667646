using System.Buffers.Binary;
using System.Text;
using KdSim.Symbols.Pe;
using Xunit;

namespace KdSim.Symbols.Tests.Pe;

/// <summary>VS_VERSIONINFO, in images made here: directory, fixed part, strings, translations; and cut short at every length.</summary>
public sealed class VersionResourceTests
{
    [Fact]
    public void A_version_resource_reads()
    {
        VersionResource version = VersionResource.Read(Image(Resource()))!;
        Assert.Equal(new Version(10, 0, 22621, 7), version.FileVersion);
        Assert.Equal(new Version(1, 2, 3, 4), version.ProductVersion);
        Assert.Equal((0x3Fu, 0x40004u, 3u, 7u), (version.FlagsMask, version.Os, version.Type, version.Subtype));
        Assert.Equal([KeyValuePair.Create("CompanyName", "KdSim"), KeyValuePair.Create("FileVersion", "10.0 (x)")], version.Strings);
        Assert.Equal([((ushort)0x409, (ushort)0x4b0)], version.Translations);
    }

    [Fact]
    public void An_image_without_one_has_none()
    {
        PeBuilder builder = new("none.sys");
        builder.AddSection(".text", new byte[16], SectionCharacteristics.Code | SectionCharacteristics.Read);
        Assert.Null(VersionResource.Read(PeImage.Parse(builder.Build(), "none.sys")));
    }

    /// <summary>Never an exception: what a damaged resource still says, or nothing.</summary>
    [Fact]
    public void Damaged_resources_do_not_throw()
    {
        byte[] whole = Resource();
        for (int length = 0; length < whole.Length; length++)
            VersionResource.Read(Image(whole[..length]));
        Random random = new(1);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            VersionResource.Read(Image(damaged));
        }
    }

    const int DataOffset = 0x58;
    static readonly uint s_section = new PeBuilder("v.sys").NextRva;

    /// <summary>An image whose only section is this resource section. The builder knows no resources: its directory row is patched in.</summary>
    static PeImage Image(byte[] section)
    {
        PeBuilder builder = new("v.sys");
        builder.AddSection(".rsrc", section.Length == 0 ? new byte[1] : section, SectionCharacteristics.InitializedData | SectionCharacteristics.Read);
        byte[] file = builder.Build();
        int header = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(0x3c));
        Span<byte> row = file.AsSpan(header + 24 + 112 + 2 * 8);
        BinaryPrimitives.WriteUInt32LittleEndian(row, s_section);
        BinaryPrimitives.WriteUInt32LittleEndian(row[4..], (uint)Math.Max(section.Length, 1));
        return PeImage.Parse(file, "v.sys");
    }

    /// <summary>Type 16, name 1, language 409, and the resource behind them.</summary>
    static byte[] Resource()
    {
        byte[] info = Info();
        byte[] bytes = new byte[DataOffset + info.Length];
        void Directory(int at, uint id, uint target)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at + 14), 1);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 16), id);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 20), target);
        }
        Directory(0, 16, 0x8000_0018);
        Directory(0x18, 1, 0x8000_0030);
        Directory(0x30, 0x409, 0x48);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(0x48), s_section + DataOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(0x4c), (uint)info.Length);
        info.CopyTo(bytes, DataOffset);
        return bytes;
    }

    static byte[] Info()
    {
        byte[] fixedPart = new byte[52];
        uint[] values = [0xFEEF04BD, 0x10000, 10 << 16, 22621 << 16 | 7, 1 << 16 | 2, 3 << 16 | 4, 0x3F, 0, 0x40004, 3, 7, 0, 0];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(fixedPart.AsSpan(i * 4), values[i]);
        return Block("VS_VERSION_INFO", fixedPart, false,
            Block("StringFileInfo", [], true, Block("040904b0", [], true,
                Block("CompanyName", Encoding.Unicode.GetBytes("KdSim\0"), true), Block("FileVersion", Encoding.Unicode.GetBytes("10.0 (x)\0"), true))),
            Block("VarFileInfo", [], true, Block("Translation", [9, 4, 0xb0, 4], false)));
    }

    static byte[] Block(string key, byte[] value, bool isText, params byte[][] children)
    {
        List<byte> bytes = [0, 0, .. BitConverter.GetBytes((ushort)(isText ? value.Length / 2 : value.Length)), .. BitConverter.GetBytes((ushort)(isText ? 1
            : 0)),
            .. Encoding.Unicode.GetBytes(key + "\0")];
        void Align()
        {
            while (bytes.Count % 4 != 0)
                bytes.Add(0);
        }
        Align();
        bytes.AddRange(value);
        foreach (byte[] child in children)
        {
            Align();
            bytes.AddRange(child);
        }
        BitConverter.GetBytes((ushort)bytes.Count).CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
        return [.. bytes];
    }
}
