using CsCheck;
using KdSim.Symbols.Pdb;
using Xunit;

namespace KdSim.Symbols.Tests.Pdb;

/// <summary>Whatever the bytes, the reader answers or throws <see cref="BadPdbException"/>: no other exception, no hang.</summary>
public class PdbFuzzTests
{
    [Theory]
    [InlineData("small.pdb")]
    [InlineData("sample.pdb")]
    public void MutatedFilesNeverDoWorseThanBadPdb(string name)
    {
        byte[] file = name == "sample.pdb" ? SamplePdb.Bytes() : Fixture.Bytes(name);
        var change = Gen.Select(Gen.Int[0, file.Length - 1], Gen.Byte);
        change.Array[1, 8].Sample(changes =>
        {
            byte[] copy = (byte[])file.Clone();
            foreach (var (at, value) in changes)
                copy[at] = value;
            ReadAll(copy);
        }, iter: 150, threads: 1);
    }

    [Fact]
    public void MutatedHeadersNeverDoWorseThanBadPdb()
    {
        byte[] file = Fixture.Bytes("small.pdb");
        // The first bytes of every block are headers of streams or dense records.
        var change = Gen.Select(Gen.Int[0, file.Length / 4096 - 1], Gen.Int[0, 127], Gen.OneOf(Gen.Byte, Gen.Const((byte)0xff), Gen.Const((byte)0)));
        change.Array[1, 4].Sample(changes =>
        {
            byte[] copy = (byte[])file.Clone();
            foreach (var (block, at, value) in changes)
                copy[block * 4096 + at] = value;
            ReadAll(copy);
        }, iter: 300, threads: 1);
    }

    [Fact]
    public void TruncatedFilesNeverDoWorseThanBadPdb()
    {
        byte[] file = Fixture.Bytes("small.pdb");
        for (int length = 0; length < file.Length; length += length < 64 ? 1 : 1021)
            ReadAll(file.AsMemory(0, length));
        Assert.Contains("empty", Assert.Throws<BadPdbException>(() => PdbFile.Parse(default, "a.pdb")).Message);
        Assert.Contains("truncated", Assert.Throws<BadPdbException>(() => PdbFile.Parse(file.AsMemory(0, 0x2000), "a.pdb")).Message);
        Assert.Contains("portable", Assert.Throws<BadPdbException>(() => PdbFile.Parse("BSJB1234"u8.ToArray(), "a.pdb")).Message);
    }

    static void ReadAll(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var pdb = PdbFile.Parse(bytes, "mutant.pdb");
            Try(() => pdb.EnumerateSymbols(_ => true).Count());
            Try(() => pdb.FindSymbol("SmallSum"));
            foreach (string name in Collect(pdb))
            {
                Try(() =>
                {
                    if (pdb.FindStruct(name) is { } type)
                        return type.Fields.Sum(f => f.Type.Name.Length + f.Type.CName.Length + (int)f.Type.Size) + type.BaseClasses.Count;
                    return (pdb.FindType(name) as PdbEnumType)?.Values.Count;
                });
            }
            for (uint rva = 0x1000; rva < 0x1300; rva += 16)
            {
                Try(() => pdb.FindSymbolAt(rva));
                Try(() => pdb.FindLine(rva));
                Try(() => pdb.GetLocals(rva));
                Try(() => pdb.GetInlineFrames(rva));
            }
            Try(() => pdb.SourceFiles());
            Try(() => pdb.FindLines("small.c", 40));
        }
        catch (BadPdbException bad)
        {
            Assert.StartsWith("mutant.pdb: ", bad.Message);
        }
    }

    static string[] Collect(PdbFile pdb)
    {
        try
        {
            return [.. pdb.TypeNames];
        }
        catch (BadPdbException)
        {
            return [];
        }
    }

    static void Try(Func<object?> read)
    {
        try
        {
            read();
        }
        catch (BadPdbException bad)
        {
            Assert.StartsWith("mutant.pdb: ", bad.Message);
        }
    }
}
