using System.Buffers.Binary;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Tests;

/// <summary>
/// A target made of named pieces of memory, which may not overlap, and of scripted stops: what <c>Go</c> and <c>Step</c> answer is queued by
/// the test. Virtual and physical addresses are the same.
/// </summary>
sealed class FakeTarget : ITarget, IRunControl, IBreakpointControl, IIrqlStops, IMemoryWriter, IRegisterWriter, ITargetClock, ITargetOutput
{
    readonly SortedList<ulong, (string Name, byte[] Bytes)> _fragments = [];
    readonly List<TargetModule> _modules = [];
    readonly ProcessorContext[] _contexts;
    int _nextHandle = 100;

    public FakeTarget(int processors = 2)
    {
        _contexts = new ProcessorContext[processors];
        for (int i = 0; i < processors; i++)
            _contexts[i] = new ProcessorContext
            {
                Integer = new IntegerState(new ulong[16], 0, 0x40246),
                Segments = new SegmentState(0x10, 0x18, 0x2b, 0x2b, 0x53, 0x2b, 0, 0, 0),
                Control = new ControlState(0x80050033, 0, 0x1ad000, 0x6f8, 0, 0xd01, 0, 0, 0, 0, 0, 0),
            };
    }

    public Queue<Func<FakeTarget, StopEvent>> Stops { get; } = [];
    public Dictionary<int, (BreakpointKind Kind, ulong Address, int Size)> Table { get; } = [];
    public Dictionary<int, IrqlCondition> Irqls { get; } = [];
    public string Description => "Fake target";
    public int ProcessorCount => _contexts.Length;
    public long Generation { get; private set; } = 1;
    public KernelHints Hints { get; set; } = new(0, 0, 0x1ad000, 0);
    public IReadOnlyList<TargetModule> Modules => _modules;
    public ulong Ticks => 72_500_000_000;
    public DateTime UtcNow => new(2025, 11, 12, 17, 32, 42, 120, DateTimeKind.Utc);
    public Action<string>? Printed { get; set; }

    public FakeTarget With(string name, ulong address, byte[] bytes)
    {
        foreach ((ulong start, (string other, byte[] there)) in _fragments)
            if (address < start + (ulong)there.Length && start < address + (ulong)bytes.Length)
                throw new InvalidOperationException($"{name} at {address:x} overlaps {other} at {start:x}");
        _fragments.Add(address, (name, bytes));
        return this;
    }

    public FakeTarget With(TargetModule module)
    {
        _modules.Add(module);
        Generation++;
        return this;
    }

    public void Remove(TargetModule module)
    {
        _modules.Remove(module);
        Generation++;
    }

    /// <summary>Changes a processor's integer registers by name index.</summary>
    public FakeTarget Set(int processor, Func<IntegerState, IntegerState> change)
    {
        _contexts[processor] = _contexts[processor] with { Integer = change(_contexts[processor].Integer!) };
        Generation++;
        return this;
    }

    public FakeTarget MoveTo(ulong rip) => Set(0, s => s with { Rip = rip });

    public void WriteQword(ulong address, ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Write(default, address, bytes);
    }

    public int HandleAt(ulong address) => Table.First(e => e.Value.Address == address).Key;

    public int Read(AddressSpace space, ulong address, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length && Find(address + (ulong)done) is { } piece)
        {
            int offset = (int)(address + (ulong)done - piece.Start);
            int length = Math.Min(buffer.Length - done, piece.Bytes.Length - offset);
            piece.Bytes.AsSpan(offset, length).CopyTo(buffer[done..]);
            done += length;
        }
        return done;
    }

    (ulong Start, byte[] Bytes)? Find(ulong address)
    {
        foreach ((ulong start, (_, byte[] bytes)) in _fragments)
            if (address - start < (ulong)bytes.Length)
                return (start, bytes);
        return null;
    }

    public int ReadPhysical(ulong address, Span<byte> buffer) => Read(default, address, buffer);

    public int Write(AddressSpace space, ulong address, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
        {
            if (Find(address + (ulong)i) is not { } piece)
                return i;
            piece.Bytes[address + (ulong)i - piece.Start] = data[i];
        }
        Generation++;
        return data.Length;
    }

    public int WritePhysical(ulong address, ReadOnlySpan<byte> data) => Write(default, address, data);

    public bool TryGetContext(int processor, out ProcessorContext context)
    {
        context = processor < _contexts.Length ? _contexts[processor] : new ProcessorContext();
        return processor < _contexts.Length;
    }

    public bool TrySetContext(int processor, ProcessorContext context)
    {
        _contexts[processor] = _contexts[processor] with { Integer = context.Integer ?? _contexts[processor].Integer };
        Generation++;
        return true;
    }

    /// <summary>Capabilities beyond those of this class.</summary>
    public List<object> Extras { get; } = [];

    public T? Capability<T>() where T : class => this as T ?? Extras.OfType<T>().FirstOrDefault();

    public StopEvent Go() => Next();

    public StopEvent Step(int processor) => Next();

    StopEvent Next()
    {
        Generation++;
        return Stops.TryDequeue(out Func<FakeTarget, StopEvent>? next) ? next(this) : new StopEvent.Idle(0);
    }

    public void RequestBreak()
    {
    }

    public int Add(BreakpointKind kind, ulong address, int size)
    {
        Table[++_nextHandle] = (kind, address, size);
        return _nextHandle;
    }

    public int Add(IrqlCondition condition)
    {
        Irqls[++_nextHandle] = condition;
        return _nextHandle;
    }

    public void Remove(int handle)
    {
        Table.Remove(handle);
        Irqls.Remove(handle);
    }
}
