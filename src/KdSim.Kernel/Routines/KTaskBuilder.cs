using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace KdSim.Kernel.Routines;

/// <summary>
/// Builds sequences. At its first suspension the state machine is copied into a <see cref="SequenceFrame"/> of the running activation and lives there from
/// then on; the builder holds no reference to it, so a copy of the frame is a complete copy of the suspended routine.
/// </summary>
public struct KTaskBuilder<T> where T : unmanaged
{
    private bool _suspended;
    private T _value;

    public readonly KTask<T> Task => new(!_suspended, _value);

    public static KTaskBuilder<T> Create() => default;

    public readonly void Start<TMachine>(ref TMachine machine) where TMachine : IAsyncStateMachine => machine.MoveNext();

    public void SetResult(T value)
    {
        if (_suspended)
            SequenceRunner.Current.Finish(ResultSlot.Put(value));
        else
            _value = value;
    }

    public readonly void SetException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    public void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : ICriticalNotifyCompletion where TMachine : IAsyncStateMachine
    {
        bool first = !_suspended;
        _suspended = true; // Before the copy: the builder is part of the machine.
        SequenceRunner.Current.Suspend(ref machine, first);
    }

    public readonly void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion where TMachine : IAsyncStateMachine => throw SequenceRunner.ForeignAwait();

    public readonly void SetStateMachine(IAsyncStateMachine machine)
    {
    }
}

/// <inheritdoc cref="KTaskBuilder{T}"/>
public struct KTaskBuilder
{
    private bool _suspended;

    public readonly KTask Task => new(!_suspended);

    public static KTaskBuilder Create() => default;

    public readonly void Start<TMachine>(ref TMachine machine) where TMachine : IAsyncStateMachine => machine.MoveNext();

    public readonly void SetResult()
    {
        if (_suspended)
            SequenceRunner.Current.Finish(0);
    }

    public readonly void SetException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

    public void AwaitUnsafeOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : ICriticalNotifyCompletion where TMachine : IAsyncStateMachine
    {
        bool first = !_suspended;
        _suspended = true;
        SequenceRunner.Current.Suspend(ref machine, first);
    }

    public readonly void AwaitOnCompleted<TAwaiter, TMachine>(ref TAwaiter awaiter, ref TMachine machine)
        where TAwaiter : INotifyCompletion where TMachine : IAsyncStateMachine => throw SequenceRunner.ForeignAwait();

    public readonly void SetStateMachine(IAsyncStateMachine machine)
    {
    }
}
