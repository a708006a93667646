using System.Reflection;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;
using TypeInfo = KdSim.Debugging.Structures.TypeInfo;

namespace KdSim.Debugger.Extensions;

/// <summary>The session as a guarded command sees it: every question is carried out on the session thread.</summary>
sealed class GuardedSession(IDebugSession session, ExtensionThread thread) : IDebugSession, ITypes, ISymbols, IStacks, ITarget
{
    readonly Dictionary<string, StructureLayout> _layouts = new(StringComparer.Ordinal);
    readonly Dictionary<Type, object> _capabilities = [];

    public ITarget Target => this;
    public ITypes Types => this;
    public ISymbols Symbols => this;
    public IStacks Stacks => this;
    public int CurrentProcessor => thread.Ask(() => session.CurrentProcessor);
    public ulong CurrentThread => thread.Ask(() => session.CurrentThread);
    public ulong CurrentProcess => thread.Ask(() => session.CurrentProcess);
    public ProcessorContext Context => thread.Ask(() => session.Context);
    public CancellationToken Cancellation { get; } = session.Cancellation;

    public ulong Evaluate(string expression) => thread.Ask(() => session.Evaluate(expression));

    public int Read(ulong address, Span<byte> buffer) => Filled(buffer, bytes => session.Read(address, bytes));

    public IEnumerable<Node> Execute(string command) => thread.Ask(() => session.Execute(command).ToList());

    // Layouts read through the session that they were made with: these are made with this one.
    StructureLayout ITypes.this[string name]
    {
        get
        {
            if (!_layouts.TryGetValue(name, out StructureLayout? layout))
                _layouts[name] = layout = new StructureLayout(thread.Ask(() => session.Types[name].Type), this);
            return layout;
        }
    }

    TypeInfo? ITypes.Find(string name) => thread.Ask(() => session.Types.Find(name));

    bool ISymbols.TryGetAddress(string name, out ulong address)
    {
        (bool found, address) = thread.Ask(() => (session.Symbols.TryGetAddress(name, out ulong value), value));
        return found;
    }

    bool ISymbols.TryGetName(ulong address, out string name, out ulong displacement)
    {
        (bool found, name, displacement) = thread.Ask(() => (session.Symbols.TryGetName(address, out string text, out ulong offset), text, offset));
        return found;
    }

    bool ISymbols.TryGetLine(ulong address, out string file, out int line)
    {
        (bool found, file, line) = thread.Ask(() => (session.Symbols.TryGetLine(address, out string path, out int number), path, number));
        return found;
    }

    IEnumerable<CallFrame> IStacks.Walk(IntegerState from, int most) => thread.Ask(() => session.Stacks.Walk(from, most).ToList());

    IntegerState? IStacks.AtSwitch(ulong kernelStack) => thread.Ask(() => session.Stacks.AtSwitch(kernelStack));

    string ITarget.Description => thread.Ask(() => session.Target.Description);
    int ITarget.ProcessorCount => thread.Ask(() => session.Target.ProcessorCount);
    long ITarget.Generation => thread.Ask(() => session.Target.Generation);
    KernelHints ITarget.Hints => thread.Ask(() => session.Target.Hints);
    IReadOnlyList<TargetModule> ITarget.Modules => thread.Ask(() => session.Target.Modules);

    int ITarget.Read(AddressSpace space, ulong address, Span<byte> buffer) => Filled(buffer, bytes => session.Target.Read(space, address, bytes));

    int ITarget.ReadPhysical(ulong address, Span<byte> buffer) => Filled(buffer, bytes => session.Target.ReadPhysical(address, bytes));

    bool ITarget.TryGetContext(int processor, out ProcessorContext context)
    {
        (bool found, context) = thread.Ask(() => (session.Target.TryGetContext(processor, out ProcessorContext value), value));
        return found;
    }

    T? ITarget.Capability<T>() where T : class
    {
        if (_capabilities.TryGetValue(typeof(T), out object? known))
            return (T)known;
        if (thread.Ask(() => session.Target.Capability<T>()) is not { } real)
            return null;
        object proxy = real;
        // A proxy cannot carry spans.
        if (real is IMemoryWriter writer && typeof(T) == typeof(IMemoryWriter))
            proxy = new Writer(writer, thread);
        else if (typeof(T).IsInterface)
        {
            proxy = DispatchProxy.Create<T, Relay>();
            ((Relay)proxy).Connect(real, thread);
        }
        _capabilities[typeof(T)] = proxy;
        return (T)proxy;
    }

    int Filled(Span<byte> buffer, Func<byte[], int> read)
    {
        byte[] bytes = new byte[buffer.Length];
        int length = thread.Ask(() => read(bytes));
        bytes.AsSpan(0, length).CopyTo(buffer);
        return length;
    }

    sealed class Writer(IMemoryWriter writer, ExtensionThread thread) : IMemoryWriter
    {
        public int Write(AddressSpace space, ulong address, ReadOnlySpan<byte> data)
        {
            byte[] bytes = data.ToArray();
            return thread.Ask(() => writer.Write(space, address, bytes));
        }

        public int WritePhysical(ulong address, ReadOnlySpan<byte> data)
        {
            byte[] bytes = data.ToArray();
            return thread.Ask(() => writer.WritePhysical(address, bytes));
        }
    }

    /// <summary>Any other capability: each call is carried out on the session thread.</summary>
    class Relay : DispatchProxy
    {
        object _real = null!;
        ExtensionThread _thread = null!;

        public void Connect(object real, ExtensionThread thread) => (_real, _thread) = (real, thread);

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            _thread.Ask(() => method!.Invoke(_real, BindingFlags.DoNotWrapExceptions, null, arguments, null));
    }
}
