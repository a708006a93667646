using KdSim.Symbols.Pe;
using KdSim.Symbols.Unwind;
using Xunit;

namespace KdSim.Symbols.Tests.Pe;

public class PeTests
{
    [Fact]
    public void ReadsALinkedDriver()
    {
        var image = Fixture.Image("small.sys");
        image.EnsureDriver();
        Assert.Equal(image.CheckSum == 0 ? 0u : image.ComputeCheckSum(), image.CheckSum);
        Assert.Contains(image.Sections, s => s.Name == ".text" && s.Characteristics.HasFlag(SectionCharacteristics.Execute));
        var imports = image.ReadImports();
        Assert.Equal(["hal.dll", "ntoskrnl.exe"], imports.Select(d => d.Name.ToLowerInvariant()).Distinct().Order());
        Assert.Contains(imports.SelectMany(d => d.Functions), f => f.Name == "DbgPrint");
        var code = image.ReadCodeView();
        Assert.NotNull(code);
        Assert.Equal("small.pdb", code.PdbName);
        Assert.Null(image.ReadExports());
        var functions = image.ReadRuntimeFunctions();
        Assert.Contains(functions, f => f.Begin == image.EntryPointRva);
        // SmallTable holds two pointers.
        Assert.Equal(2, image.ReadRelocations().Count(r => r.Kind == RelocationKind.Dir64));
    }

    [Fact]
    public void AMappedImageReadsLikeTheFile()
    {
        var file = Fixture.Image("small.sys");
        byte[] memory = file.Map();
        var mapped = PeImage.FromMemory(Fixture.Memory(memory, 0xfffff80012340000), 0xfffff80012340000, "small");
        Assert.Equal(file.ReadCodeView(), mapped.ReadCodeView());
        Assert.Equal(file.ReadRuntimeFunctions(), mapped.ReadRuntimeFunctions());
        Assert.Equal(file.Sections, mapped.Sections);
        Assert.Equal(0xfffff80012340000, mapped.ImageBase);
    }

    [Fact]
    public void ABuiltImageReadsBack()
    {
        byte[] file = BuildHal();
        Assert.Equal(file, BuildHal());
        var image = PeImage.Parse(file, "hal.dll");
        Assert.Equal(image.ComputeCheckSum(), image.CheckSum);
        var exports = image.ReadExports()!;
        Assert.Equal("hal.dll", exports.DllName);
        Assert.Equal(
            [("KeStall", 0x1000u, null), ("HalData", 0x2008u, null), ("HalGone", 0u, "ntoskrnl.HalGone")],
            exports.Symbols.Select(s => (s.Name, s.Forwarder is null ? s.Rva : 0, s.Forwarder)));
        var code = image.ReadCodeView()!;
        Assert.Equal(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), code.Guid);
        Assert.Equal("00112233445566778899AABBCCDDEEFF1", code.SymbolStoreKey);
        var entry = Assert.Single(image.ReadDebugEntries());
        Assert.Equal((byte)'R', file[entry.FileOffset]);
        var functions = image.ReadRuntimeFunctions();
        Assert.Equal([(0x1000u, 0x1004u), (0x1004u, 0x1008u)], functions.Select(f => (f.Begin, f.End)));
        Assert.Equal(functions[0].UnwindRva, functions[1].UnwindRva);
        Assert.Equal([new BaseRelocation(0x2000, RelocationKind.Dir64)], image.ReadRelocations());
        Assert.Equal(0x3000u, image.Sections[1].MappedSize + 0x1000);
    }

    internal static byte[] BuildHal()
    {
        var builder = new PeBuilder("hal.dll")
        {
            ImageBase = 0xfffff80000400000,
            TimeDateStamp = 0x12345678,
            CodeView = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 1, "hal.pdb"),
        };
        var text = builder.AddSection(".text", new byte[] { 0x48, 0x83, 0xec, 0x28, 0x48, 0x83, 0xec, 0x28 },
            SectionCharacteristics.Code | SectionCharacteristics.Execute | SectionCharacteristics.Read);
        var data = builder.AddSection(".data", new byte[16], SectionCharacteristics.InitializedData | SectionCharacteristics.Read
            | SectionCharacteristics.Write, 0x2000);
        builder.AddExport("KeStall", text.Rva);
        builder.AddExport("HalData", data.Rva + 8);
        builder.AddForwarder("HalGone", "ntoskrnl.HalGone");
        byte[] unwind = UnwindInfoEncoder.Encode(4, UnwindOperation.Alloc(4, 0x28));
        builder.AddFunction(text.Rva + 4, text.Rva + 8, unwind);
        builder.AddFunction(text.Rva, text.Rva + 4, unwind);
        builder.AddRelocation(data.Rva);
        return builder.Build();
    }

    [Fact]
    public void EveryTruncationIsRefusedOrReadable()
    {
        byte[] file = Fixture.Bytes("small.sys");
        for (int length = 0; length < file.Length; length += length < 0x400 ? 1 : 37)
            ReadAll(file.AsMemory(0, length));
        Assert.Throws<BadImageException>(() => PeImage.Parse(file.AsMemory(0, 0x300), "small.sys"));
        Assert.Contains("empty", Assert.Throws<BadImageException>(() => PeImage.Parse(default, "none.sys")).Message);
    }

    [Fact]
    public void OtherMachinesAndSubsystemsAreNamed()
    {
        byte[] file = Fixture.Bytes("small.sys");
        uint pe = PeImage.Parse(file, "small.sys").HeaderOffset;
        byte[] x86 = (byte[])file.Clone();
        (x86[pe + 4], x86[pe + 5]) = (0x4c, 0x01);
        Assert.Contains("x86", Assert.Throws<BadImageException>(() => PeImage.Parse(x86, "a.sys")).Message);
        byte[] console = (byte[])file.Clone();
        console[pe + 24 + 68] = 3;
        var image = PeImage.Parse(console, "b.sys");
        Assert.Contains("Windows console", Assert.Throws<BadImageException>(image.EnsureDriver).Message);
    }

    [Fact]
    public void MutatedImagesNeverDoWorseThanBadImage()
    {
        byte[] file = Fixture.Bytes("small.sys");
        var random = new Random(1);
        for (int round = 0; round < 3000; round++)
        {
            byte[] copy = (byte[])file.Clone();
            for (int i = 0; i < 4; i++)
                copy[random.Next(round % 2 == 0 ? 0x400 : copy.Length)] = (byte)random.Next(256);
            ReadAll(copy);
        }
    }

    static void ReadAll(ReadOnlyMemory<byte> file)
    {
        try
        {
            var image = PeImage.Parse(file, "mutant.sys");
            image.EnsureDriver();
            image.ReadImports();
            image.ReadExports();
            image.ReadRelocations();
            image.ReadRuntimeFunctions();
            image.ReadLoadConfiguration();
            image.ReadCodeView();
            image.Map();
        }
        catch (BadImageException bad)
        {
            Assert.StartsWith("mutant.sys: ", bad.Message);
        }
    }
}
