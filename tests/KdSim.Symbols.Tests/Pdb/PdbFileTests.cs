using KdSim.Symbols.Pdb;
using Xunit;

namespace KdSim.Symbols.Tests.Pdb;

public class PdbFileTests
{
    static PdbFile Small(string name = "small.pdb") => PdbFile.Parse(Fixture.Bytes(name), name);

    static PdbFile Sample() => PdbFile.Parse(SamplePdb.Bytes(), "sample.pdb");

    [Fact]
    public void IdentityMatchesTheImage()
    {
        var code = Fixture.Image("small.sys").ReadCodeView()!;
        var pdb = Small();
        Assert.Equal((code.Guid, code.Age), (pdb.Guid, pdb.Age));
        Assert.True(pdb.HasPrivateSymbols);
    }

    [Fact]
    public void AFastLinkedFileIsRefusedByName()
    {
        byte[] bytes = Fixture.Bytes("small.pdb").ToArray();
        int feature = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xDC, 0x51, 0x33, 0x01]); // 20140508, in the information stream.
        "MINI"u8.CopyTo(bytes.AsSpan(feature));
        Assert.Contains("/DEBUG:FASTLINK", Assert.Throws<BadPdbException>(() => PdbFile.Parse(bytes, "small.pdb")).Message);
    }

    [Fact]
    public void AWrittenFileReadsBack()
    {
        var pdb = Sample();
        var irp = pdb.FindStruct("_irp")!;
        Assert.Equal(
            ["0 Type Int2B", "2 Size Uint2B", "8 Link _LIST_ENTRY", "24 Tail <unnamed-tag>", "40 Low Pos 0, 3 Bits",
                "40 High Pos 3, 29 Bits", "44 State _DEVICE_STATE"],
            irp.Fields.Select(f => $"{f.Offset} {f.Name} {f.Type.Name}"));
        Assert.Equal(0x30u, irp.Size);
        Assert.Equal(0x10u, irp.Field("Link")!.Type.Size);
        var overlay = (PdbUdtType)((PdbUdtType)irp.Field("Tail")!.Type).Field("Overlay")!.Type;
        Assert.Equal("[2] Ptr64 Void", overlay.Field("DriverContext")!.Type.Name);
        var state = (PdbEnumType)irp.Field("State")!.Type;
        Assert.Equal([("DeviceGone", -1L), ("DeviceUp", 1L), ("DeviceBig", 0x7fffffffL)], state.Values);
        Assert.Equal(SamplePdb.BigEnumValues, ((PdbEnumType)pdb.FindType("_BIG")!).Values.Count);
        var driver = pdb.FindStruct("_DRIVER_OBJECT")!;
        Assert.Equal("[28] Ptr64     long", driver.Field("MajorFunction")!.Type.Name);
        Assert.Equal("[3] [4] UChar", driver.Field("Grid")!.Type.Name);
        Assert.Equal("unsigned char [3][4]", driver.Field("Grid")!.Type.CName);
        Assert.Equal("const wchar_t *", driver.Field("Name")!.Type.CName);
        Assert.Equal("unsigned char", pdb.FindType("KIRQL")!.CName);
        Assert.Null(pdb.FindType("_NOTHING"));
    }

    [Fact]
    public void SymbolsOfAWrittenFile()
    {
        var pdb = Sample();
        var stall = pdb.FindSymbol("kestall")!;
        Assert.Equal(("KeStall", PdbSymbolKind.Function, 0x1000u, 4u), (stall.Name, stall.Kind, stall.Rva, stall.Length));
        Assert.Equal("struct _DEVICE_OBJECT *, struct _IRP *", ((PdbFunctionType)stall.Type!).ParameterText);
        Assert.Equal("KiHidden", pdb.FindSymbolAt(0x1005)!.Name);
        Assert.Equal("void (unsigned long, ...)", pdb.FindFunction("KiHidden")!.Type!.CName);
        Assert.Equal("ke.obj", pdb.FindFunction(0x1003)!.Module);
        Assert.Null(pdb.FindFunction(0x1008));
        Assert.Equal(("HalData", PdbSymbolKind.Data), (pdb.FindSymbolAt(0x200a)!.Name, pdb.FindSymbolAt(0x200a)!.Kind));
        Assert.Equal("HalpSlot499", pdb.FindSymbolAt(0x3fff)!.Name);
        Assert.Null(pdb.FindSymbolAt(0xfff));
        Assert.Equal(503, pdb.EnumerateSymbols(_ => true).Count());
    }

    [Fact]
    public void TypesOfACompiledDriver()
    {
        var pdb = Small();
        var item = pdb.FindStruct("_SMALL_ITEM")!;
        Assert.Equal(
            ["0 Next Ptr64 _SMALL_ITEM", "8 Low UChar", "9 High UChar", "8 Both Uint2B", "12 First Pos 0, 3 Bits",
                "12 Second Pos 3, 7 Bits", "12 Rest Pos 10, 22 Bits", "16 Callback Ptr64     long", "24 Bytes [3] [4] UChar",
                "36 State _SMALL_STATE", "40 Text Ptr64 Wchar"],
            item.Fields.Select(f => $"{f.Offset} {f.Name} {f.Type.Name}"));
        Assert.Equal("long (*)(struct _SMALL_ITEM *, void *)", item.Field("Callback")!.Type.CName);
        Assert.Equal(0x68u, pdb.FindStruct("_DRIVER_OBJECT")!.Field("DriverUnload")!.Offset);
    }

    [Fact]
    public void EveryInstructionOfTheDriverHasAFunctionAndALine()
    {
        var pdb = Small();
        foreach (var function in Fixture.Image("small.sys").ReadRuntimeFunctions())
        {
            var found = pdb.FindFunction(function.Begin)!;
            Assert.Equal((function.Begin, function.End), (found.Rva, found.Rva + found.Length));
            for (uint rva = function.Begin; rva < function.End; rva++)
            {
                Assert.EndsWith("small.c", pdb.FindLine(rva)!.File);
                pdb.GetLocals(rva);
            }
        }
        Assert.Equal("SmallSum", pdb.FindSymbol("smallsum")!.Name);
        Assert.True(pdb.FindFunction("SmallSum")!.IsStatic);
        Assert.Equal("volatile long", pdb.FindSymbol("SmallCounter")!.Type!.CName);
    }

    [Fact]
    public void LinesGoBothWays()
    {
        var pdb = Small("smallO0.pdb");
        string[] source = File.ReadAllLines(Path.Combine(Fixture.Folder(), "small.c"));
        uint line = (uint)Array.FindIndex(source, l => l.Contains("LONG Square")) + 1;
        var found = pdb.FindLines("small.c", line);
        Assert.NotEmpty(found);
        Assert.All(found, l => Assert.Equal(line, pdb.FindLine(l.Rva)!.Line));
        Assert.Equal("SmallSum", pdb.FindFunction(found[0].Rva)!.Name);
        Assert.Contains(pdb.SourceFiles(), f => f.EndsWith("small.c", StringComparison.Ordinal));
        Assert.Empty(pdb.FindLines("all.c", line));
    }

    [Fact]
    public void LocalsOfUnoptimisedCodeLieOnTheStack()
    {
        var pdb = Small("smallO0.pdb");
        string[] source = File.ReadAllLines(Path.Combine(Fixture.Folder(), "small.c"));
        uint line = (uint)Array.FindIndex(source, l => l.Contains("Total += Square")) + 1;
        var locals = pdb.GetLocals(pdb.FindLines("small.c", line)[0].Rva);
        Assert.Equal(["Item", "Extra", "Values", "Total", "Index", "Square"], locals.Select(l => l.Name));
        Assert.Equal([true, true, false, false, false, false], locals.Select(l => l.IsParameter));
        Assert.All(locals, l => Assert.Equal(PdbRegister.Rsp, Assert.IsType<PdbLocation.RegisterRelative>(l.Location).Base.Number));
        Assert.Equal("long [16]", locals[2].Type.CName);
        // Outside the block its variable is not in scope.
        line = (uint)Array.FindIndex(source, l => l.Contains("return Total")) + 1;
        Assert.DoesNotContain(pdb.GetLocals(pdb.FindLines("small.c", line)[0].Rva), l => l.Name == "Square");
    }

    [Fact]
    public void InlinedCallsAreFound()
    {
        var pdb = Small();
        string[] source = File.ReadAllLines(Path.Combine(Fixture.Folder(), "small.c"));
        int first = Array.FindIndex(source, l => l.Contains("LONG SmallTwice")) + 1;
        var callback = pdb.FindFunction("SmallCallback")!;
        var frames = Enumerable.Range((int)callback.Rva, (int)callback.Length).SelectMany(rva => pdb.GetInlineFrames((uint)rva)).ToList();
        Assert.NotEmpty(frames);
        Assert.All(frames, f => Assert.Equal("SmallTwice", f.Name));
        Assert.All(frames, f => Assert.InRange((int)f.Line!.Line, first, first + 4));
    }

    [Fact]
    public void OlderTypeVersionsAndFilesWithoutIdsRead()
    {
        byte[] file = SamplePdb.Bytes();
        // The writer's layout: block 3 is the information stream (71 bytes, the last four say "has ids"), block 4 begins the types.
        BitConverter.TryWriteBytes(file.AsSpan(3 * 4096 + 67), 0);
        BitConverter.TryWriteBytes(file.AsSpan(4 * 4096), 19990903);
        Assert.Equal(0x30u, PdbFile.Parse(file, "old.pdb").FindStruct("_IRP")!.Size);
        BitConverter.TryWriteBytes(file.AsSpan(4 * 4096), 19950410);
        var bad = Assert.Throws<BadPdbException>(() => PdbFile.Parse(file, "old.pdb").FindStruct("_IRP"));
        Assert.Contains("TPI stream", bad.Message);
        Assert.Contains("19950410", bad.Message);
    }
}
