using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pe;
using KdSim.Symbols.Unwind;
using Xunit;

namespace KdSim.Symbols.Tests.Pdb;

/// <summary>The repository's own driver binaries, read whole.</summary>
public class DriverSymbolsTests
{
    public static TheoryData<string> Drivers()
    {
        string root = Path.GetFullPath(Path.Combine(Fixture.Folder(), "..", "..", ".."));
        var found = Directory.EnumerateFiles(Path.Combine(root, "src", "drivers"), "*.sys", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f)).Order(StringComparer.Ordinal);
        return [.. found];
    }

    [Theory]
    [MemberData(nameof(Drivers))]
    public void EveryFunctionHasBoundsLinesAndReadableLocals(string path)
    {
        string root = Path.GetFullPath(Path.Combine(Fixture.Folder(), "..", "..", ".."));
        string file = Path.Combine(root, path);
        var image = PeImage.Parse(File.ReadAllBytes(file), path);
        image.EnsureDriver();
        var pdb = PdbFile.Parse(File.ReadAllBytes(Path.ChangeExtension(file, ".pdb")), path);
        Assert.Equal((image.ReadCodeView()!.Guid, image.ReadCodeView()!.Age), (pdb.Guid, pdb.Age));
        int named = 0, placed = 0;
        foreach (var row in image.ReadRuntimeFunctions())
        {
            Assert.NotNull(UnwindInfo.Read(image.ReadMemory, image.ImageBase, row.UnwindRva, out _));
            if (pdb.FindFunction(row.Begin) is not { } function)
                continue; // Assembler code of the C library.
            named++;
            Assert.Equal(function, pdb.FindFunction(function.Name));
            for (uint rva = row.Begin; rva < row.End; rva++)
            {
                placed += pdb.GetLocals(rva).Count(l => l.Location is not null);
                pdb.GetInlineFrames(rva);
            }
            Assert.NotNull(pdb.FindLine(row.Begin));
        }
        Assert.True(named > 3 && placed > 0);
        foreach (string name in pdb.TypeNames)
        {
            if (pdb.FindStruct(name) is not { IsOpaque: false } type)
                continue;
            foreach (var field in type.Fields)
                Assert.True(field.Offset + field.StorageType.Size <= type.Size, $"{name}.{field.Name} reaches past the structure");
        }
        Assert.Equal(0x30u, pdb.FindStruct("_DRIVER_OBJECT")!.Field("DriverExtension")!.Offset);
    }
}
