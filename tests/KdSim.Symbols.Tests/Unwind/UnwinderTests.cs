using System.Buffers.Binary;
using KdSim.Symbols.Pe;
using KdSim.Symbols.Unwind;
using Xunit;

namespace KdSim.Symbols.Tests.Unwind;

public class UnwinderTests
{
    const ulong Base = 0x1000_0000;
    const uint Code = 0x1000, Info = 0x2000;
    const ulong Stack = 0x9000_0000;
    const ulong ReturnAddress = 0x1234_5678;

    readonly byte[] _image = new byte[0x4000];
    readonly byte[] _stack = new byte[0x10000];
    readonly UnwindContext _context = new();

    bool Read(ulong va, Span<byte> buffer) =>
        Fixture.Memory(_image, Base)(va, buffer) || Fixture.Memory(_stack, Stack)(va, buffer);

    void Push(ulong value)
    {
        _context.Rsp -= 8;
        Poke(_context.Rsp, value);
    }

    void Poke(ulong address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_stack.AsSpan((int)(address - Stack)), value);

    public UnwinderTests() => _context.Rsp = Stack + 0xf000;

    UnwoundFrame Unwind(uint length, uint offset, byte[] info, UnwindFlags wanted = UnwindFlags.None)
    {
        info.CopyTo(_image, Info);
        _context.Rip = Base + Code + offset;
        Assert.True(Unwinder.TryUnwind(Read, Base, new(Code, Code + length, Info), _context, wanted, out var frame, out string? problem), problem);
        return frame;
    }

    void AtCaller(ulong? rsp = null)
    {
        Assert.Equal(ReturnAddress, _context.Rip);
        Assert.Equal(rsp ?? Stack + 0xf000, _context.Rsp);
    }

    // push rbx; push r14; sub rsp, 28h; nop; add rsp, 28h; pop r14; pop rbx; ret
    static readonly byte[] s_plain =
        [0x53, 0x41, 0x56, 0x48, 0x83, 0xec, 0x28, 0x90, 0x48, 0x83, 0xc4, 0x28, 0x41, 0x5e, 0x5b, 0xc3];

    [Theory]
    [InlineData(0, 0)] // Nothing has run.
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(7, 3)] // The body.
    [InlineData(8, 3)] // Before add.
    [InlineData(12, 2)]
    [InlineData(14, 1)]
    [InlineData(15, 0)] // At ret.
    public void EveryPointOfAFunctionUnwindsToTheSameCaller(uint offset, int depth)
    {
        s_plain.CopyTo(_image, Code);
        byte[] info = UnwindInfoEncoder.Encode(7, UnwindOperation.Push(1, Gpr.Rbx), UnwindOperation.Push(3, Gpr.R14), UnwindOperation.Alloc(7, 0x28));
        (_context[Gpr.Rbx], _context[Gpr.R14]) = (0xb, 0xe);
        Push(ReturnAddress);
        if (depth > 0)
        {
            Push(0xb);
            _context[Gpr.Rbx] = 0xbad;
        }
        if (depth > 1)
        {
            Push(0xe);
            _context[Gpr.R14] = 0xbad;
        }
        if (depth > 2)
            _context.Rsp -= 0x28;
        Unwind((uint)s_plain.Length, offset, info);
        AtCaller();
        Assert.Equal((0xbul, 0xeul), (_context[Gpr.Rbx], _context[Gpr.R14]));
    }

    [Fact]
    public void AFrameRegisterSurvivesAMovingStack()
    {
        // push rbp; sub rsp,20h; lea rbp,[rsp+20h]; nop; lea rsp,[rbp]; pop rbp; ret
        byte[] code = [0x55, 0x48, 0x83, 0xec, 0x20, 0x48, 0x8d, 0x6c, 0x24, 0x20, 0x90, 0x48, 0x8d, 0x65, 0x00, 0x5d, 0xc3];
        code.CopyTo(_image, Code);
        byte[] info = UnwindInfoEncoder.Encode(10, Gpr.Rbp, 0x20,
            [UnwindOperation.Push(1, Gpr.Rbp), UnwindOperation.Alloc(5, 0x20), UnwindOperation.SetFrame(10)]);
        foreach (uint offset in (uint[])[10, 11])
        {
            _context.Rsp = Stack + 0xf000;
            Push(ReturnAddress);
            Push(0x5555);
            _context[Gpr.Rbp] = _context.Rsp;
            _context.Rsp -= 0x1230;
            var frame = Unwind((uint)code.Length, offset, info);
            AtCaller();
            Assert.Equal(0x5555ul, _context[Gpr.Rbp]);
            Assert.Equal(Stack + 0xf000 - 16 - 0x20, frame.EstablisherFrame);
        }
    }

    [Fact]
    public void SavesNearAndFarAreRestored()
    {
        _image.AsSpan((int)Code, 64).Fill(0x90);
        Push(ReturnAddress);
        _context.Rsp -= 0x8008;
        ulong rsp = _context.Rsp;
        Poke(rsp + 0x40, 0x66);
        Poke(rsp + 0x8000, 0x77);
        Poke(rsp + 0x50, 0x1111);
        Poke(rsp + 0x58, 0x2222);
        byte[] info = UnwindInfoEncoder.Encode(30, UnwindOperation.Alloc(7, 0x8008), UnwindOperation.Save(12, Gpr.Rsi, 0x40),
            new(20, UnwindOpcode.SaveNonvolatileFar, (byte)Gpr.Rdi, 0x8000), UnwindOperation.SaveXmm(26, 6, 0x50));
        Unwind(64, 40, info);
        AtCaller();
        Assert.Equal((0x66ul, 0x77ul), (_context[Gpr.Rsi], _context[Gpr.Rdi]));
        Assert.Equal(new UInt128(0x2222, 0x1111), _context.Xmm[6]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnInterruptFrameGivesTheInterruptedCode(bool hasErrorCode)
    {
        _image.AsSpan((int)Code, 16).Fill(0x90);
        ulong interrupted = Stack + 0x8000;
        foreach (ulong value in (ulong[])[0x18, interrupted, 0x202, 0x10, ReturnAddress])
            Push(value);
        if (hasErrorCode)
            Push(0xe);
        Push(0x5555);
        byte[] info = UnwindInfoEncoder.Encode(1, UnwindOperation.MachineFrame(hasErrorCode), UnwindOperation.Push(1, Gpr.Rbp));
        var frame = Unwind(16, 5, info);
        Assert.True(frame.IsMachineFrame);
        AtCaller(interrupted);
        Assert.Equal(0x5555ul, _context[Gpr.Rbp]);
    }

    [Fact]
    public void AFragmentUnwindsThroughItsParent()
    {
        _image.AsSpan((int)Code, 64).Fill(0x90);
        byte[] parent = UnwindInfoEncoder.Encode(4, null, 0, [UnwindOperation.Alloc(4, 0x48)], UnwindFlags.ExceptionHandler, 0x1f00, [1, 2, 3, 4]);
        parent.CopyTo(_image, Info + 0x100);
        byte[] fragment = UnwindInfoEncoder.Encode(5, null, 0, [UnwindOperation.Save(5, Gpr.Rbx, 0x20)],
            chainedTo: new RuntimeFunction(Code - 0x100, Code, Info + 0x100));
        Push(ReturnAddress);
        _context.Rsp -= 0x48;
        Poke(_context.Rsp + 0x20, 0xb);
        var frame = Unwind(64, 6, fragment, UnwindFlags.ExceptionHandler);
        AtCaller();
        Assert.Equal(0xbul, _context[Gpr.Rbx]);
        Assert.Equal(Base + 0x1f00, frame.HandlerVa);
        byte[] data = new byte[4];
        Assert.True(Read(frame.HandlerDataVa, data));
        Assert.Equal([1, 2, 3, 4], data);
    }

    [Fact]
    public void AHandlerCountsOnlyInTheBodyAndWhenWanted()
    {
        s_plain.CopyTo(_image, Code);
        byte[] info = UnwindInfoEncoder.Encode(7, null, 0,
            [UnwindOperation.Push(1, Gpr.Rbx), UnwindOperation.Push(3, Gpr.R14), UnwindOperation.Alloc(7, 0x28)], UnwindFlags.TerminationHandler, 0x1f00);
        foreach (var (offset, wanted, expected) in ((uint, UnwindFlags, ulong)[])
            [(7, UnwindFlags.TerminationHandler, Base + 0x1f00), (7, UnwindFlags.ExceptionHandler, 0), (3, UnwindFlags.TerminationHandler, 0),
             (12, UnwindFlags.TerminationHandler, 0)])
        {
            _context.Rsp = Stack + 0x8000;
            Assert.Equal(expected, Unwind(16, offset, info, wanted).HandlerVa);
        }
    }

    [Fact]
    public void AJumpBackIntoTheFunctionIsNoEpilog()
    {
        // nop; pop-like bytes do not matter: jmp -3 stays inside, so the prolog is undone instead.
        byte[] code = [0x48, 0x83, 0xec, 0x28, 0x90, 0xeb, 0xfd];
        code.CopyTo(_image, Code);
        Push(ReturnAddress);
        _context.Rsp -= 0x28;
        Unwind(7, 5, UnwindInfoEncoder.Encode(4, UnwindOperation.Alloc(4, 0x28)));
        AtCaller();
    }

    [Fact]
    public void Version2NamesItsEpilogs()
    {
        // sub rsp,28h; nop; pop rax-shaped data; add rsp,28h; ret: the epilog is the last byte.
        byte[] code = [0x48, 0x83, 0xec, 0x28, 0x58, 0xc3, 0x48, 0x83, 0xc4, 0x28, 0xc3];
        code.CopyTo(_image, Code);
        // Version 2, prolog 4: epilog of size 1 at the end, alloc.
        byte[] info = [2, 4, 2, 0, 1, 0x16, 4, 0x42];
        Push(ReturnAddress);
        Unwind((uint)code.Length, 10, info);
        AtCaller();
        // Offset 4 looks like pop; ret but is not listed.
        _context.Rsp = Stack + 0xf000;
        Push(ReturnAddress);
        _context.Rsp -= 0x28;
        Unwind((uint)code.Length, 4, info);
        AtCaller();
    }

    [Fact]
    public void UnreadableMemoryAndWrongDataAreNamedAndChangeNothing()
    {
        _context.Rip = Base + Code;
        _context.Rsp = 0x10;
        Assert.False(Unwinder.TryUnwindLeaf(Read, _context, out string? problem));
        Assert.Contains("stack at 0x10", problem);
        _image[Info] = 5;
        Assert.False(Unwinder.TryUnwind(Read, Base, new(Code, Code + 16, Info), _context, UnwindFlags.None, out _, out problem));
        Assert.Contains("version 5", problem);
        Assert.Equal((Base + Code, 0x10ul), (_context.Rip, _context.Rsp));
        // A chain that leads to itself.
        UnwindInfoEncoder.Encode(0, null, 0, [], chainedTo: new RuntimeFunction(Code, Code + 16, Info)).CopyTo(_image, Info);
        Assert.False(Unwinder.TryUnwind(Read, Base, new(Code, Code + 16, Info), _context, UnwindFlags.None, out _, out problem));
        Assert.Contains("chain", problem);
    }

    [Fact]
    public void TheTableOfADriverFindsEveryFunction()
    {
        var file = Fixture.Image("small.sys");
        var mapped = PeImage.FromMemory(Fixture.Memory(file.Map(), Base), Base, "small");
        var table = FunctionTable.Of(mapped);
        foreach (var row in file.ReadRuntimeFunctions())
        {
            Assert.Equal(row, table.Find(Base + row.Begin));
            Assert.Equal(row, table.Find(Base + row.End - 1));
            Assert.Equal(row, table.Primary(row));
            Assert.NotNull(UnwindInfo.Read(mapped.ReadMemory, Base, row.UnwindRva, out _));
        }
        Assert.Null(table.Find(Base));
        Assert.Null(table.Find(Base - 1));
    }

    [Fact]
    public void RandomUnwindDataNeverThrows()
    {
        var random = new Random(7);
        for (int round = 0; round < 20000; round++)
        {
            random.NextBytes(_image.AsSpan((int)Info, 0x200));
            random.NextBytes(_image.AsSpan((int)Code, 0x40));
            _image[Info] = (byte)(1 + round % 2 | (round % 8) << 3);
            _context.Rip = Base + Code + (uint)random.Next(0x40);
            _context.Rsp = Stack + 0x100;
            Unwinder.TryUnwind(Read, Base, new(Code, Code + 0x40, Info), _context, UnwindFlags.ExceptionHandler, out _, out _);
        }
    }
}
