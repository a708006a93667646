using System.Runtime.CompilerServices;

namespace KdSim.Kernel.Routines;

/// <summary>A suspended state machine. Holds only values (a tidy test looks), so a copy is independent of the original.</summary>
public abstract class SequenceFrame
{
    internal abstract void MoveNext();

    internal abstract SequenceFrame Clone();

    /// <summary>The state machine, for <c>!kframes</c> to show its locals by reflection.</summary>
    public abstract object Machine { get; }
}

internal sealed class SequenceFrame<TMachine>(TMachine machine) : SequenceFrame where TMachine : IAsyncStateMachine
{
    private TMachine _machine = machine;

    public override object Machine => _machine;

    internal override void MoveNext() => _machine.MoveNext();

    internal override SequenceFrame Clone() => new SequenceFrame<TMachine>(typeof(TMachine).IsValueType ? _machine : Copy(_machine));

    /// <summary>State machines are classes in Debug builds: fields are values, so a shallow copy is a full one.</summary>
    private static TMachine Copy(TMachine machine) => (TMachine)MemberwiseCloneOf(machine);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "MemberwiseClone")]
    private static extern object MemberwiseCloneOf(object instance);
}
