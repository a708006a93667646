using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KdSim.Machine.Time;

namespace KdSim.Machine.Buses;

/// <summary>
/// A hardware model: one unmanaged state, registers, timed events, and interrupt lines that are a function of the state.
/// Computer.AddDevice attaches it; devices are saved, hashed and reset in that order.
/// </summary>
public abstract class Device(string name) : IEventOwner
{
    private IDeviceHost? _host;

    public string Name => name;

    /// <summary>Its number as an owner of events; 0 before it is attached.</summary>
    public int Id { get; private set; }

    protected IDeviceHost Host => _host ?? throw new InvalidOperationException($"{Name} is not attached to a machine");

    /// <summary>Power-on state.</summary>
    public abstract void Reset();

    public virtual void OnEvent(in MachineEvent machineEvent) =>
        throw new InvalidOperationException($"{Name} got event {machineEvent.Code}, which it never scheduled");

    public abstract int StateSize { get; }

    /// <summary>The state's bytes (all of it: nothing else of a device survives a restore).</summary>
    public abstract ReadOnlySpan<byte> SaveState();

    public abstract void RestoreState(ReadOnlySpan<byte> state);

    /// <summary>The state as an object, for a debugger that shows its fields.</summary>
    public abstract object InspectState();

    internal void Attach(IDeviceHost host, int id)
    {
        if (_host is not null)
            throw new InvalidOperationException($"{Name} is attached already");
        _host = host;
        Id = id;
        OnAttached();
        Reset();
    }

    /// <summary>Connect lines and windows here.</summary>
    protected virtual void OnAttached()
    {
    }

    protected void Schedule(ulong due, int code, ulong argument = 0) => Host.Schedule(due, Id, code, argument);

    protected void Cancel(int code) => Host.Cancel(Id, code);
}

/// <summary>A device whose whole state is <typeparamref name="TState"/>: a struct without references and without padding.</summary>
public abstract class Device<TState>(string name) : Device(name)
    where TState : unmanaged
{
    protected TState S;

    static Device()
    {
        int declared = DeclaredSize(typeof(TState));
        if (declared != Unsafe.SizeOf<TState>())
            throw new InvalidOperationException($"{typeof(TState)} has {Unsafe.SizeOf<TState>() - declared} bytes of padding: state must hash");
    }

    public override int StateSize => Unsafe.SizeOf<TState>();

    public override ReadOnlySpan<byte> SaveState() => MemoryMarshal.AsBytes(new ReadOnlySpan<TState>(in S));

    public override void RestoreState(ReadOnlySpan<byte> state)
    {
        S = MemoryMarshal.Read<TState>(state);
        OnRestored();
    }

    public override object InspectState() => S;

    /// <summary>Bring what follows from the state (windows of a bus) up to date. Must raise no interrupt: lines are restored by their owners.</summary>
    protected virtual void OnRestored()
    {
    }

    private static int DeclaredSize(Type type)
    {
        if (type.IsEnum)
            type = type.GetEnumUnderlyingType();
        if (type.IsPrimitive)
            return type == typeof(bool) ? 1 : type == typeof(char) ? 2 : Marshal.SizeOf(type);
        int size = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Sum(field => DeclaredSize(field.FieldType));
        return size * (type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1);
    }
}
