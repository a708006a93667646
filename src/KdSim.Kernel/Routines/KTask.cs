using System.Runtime.CompilerServices;

namespace KdSim.Kernel.Routines;

/// <summary>
/// What a sequence returns: done with a value, or suspended. Await it at once and never store it. Locals that live across an await are unmanaged
/// values, <c>Ptr</c>, <c>View</c>, <c>this</c> or [Immutable] types (a tidy test looks); no <c>using</c> and no <c>finally</c> around an await.
/// </summary>
[AsyncMethodBuilder(typeof(KTaskBuilder<>))]
public readonly struct KTask<T> where T : unmanaged
{
    private readonly T _value;

    internal KTask(bool isDone, T value)
    {
        IsDone = isDone;
        _value = value;
    }

    internal bool IsDone { get; }

    internal T Value => _value;

    public Awaiter GetAwaiter() => new(this);

    public readonly struct Awaiter(KTask<T> task) : ICriticalNotifyCompletion
    {
        private readonly KTask<T> _task = task;

        public bool IsCompleted => _task.IsDone;

        public T GetResult() => _task.IsDone ? _task._value : ResultSlot.Get<T>(SequenceRunner.Current.Result);

        public void OnCompleted(Action continuation) => throw SequenceRunner.ForeignAwait();

        public void UnsafeOnCompleted(Action continuation) => throw SequenceRunner.ForeignAwait();
    }
}

/// <inheritdoc cref="KTask{T}"/>
[AsyncMethodBuilder(typeof(KTaskBuilder))]
public readonly struct KTask
{
    internal KTask(bool isDone) => IsDone = isDone;

    internal bool IsDone { get; }

    /// <summary>A sequence that had nothing to do.</summary>
    public static KTask Done => new(isDone: true);

    public Awaiter GetAwaiter() => new(IsDone);

    public readonly struct Awaiter(bool isDone) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => isDone;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => throw SequenceRunner.ForeignAwait();

        public void UnsafeOnCompleted(Action continuation) => throw SequenceRunner.ForeignAwait();
    }
}

/// <summary>Results travel in one slot of 8 bytes, as in RAX.</summary>
internal static class ResultSlot
{
    public static ulong Put<T>(T value) where T : unmanaged
    {
        Check<T>();
        ulong slot = 0;
        Unsafe.As<ulong, T>(ref slot) = value;
        return slot;
    }

    public static T Get<T>(ulong slot) where T : unmanaged
    {
        Check<T>();
        return Unsafe.As<ulong, T>(ref slot);
    }

    private static void Check<T>() where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() > 8)
            throw new NotSupportedException($"{typeof(T).Name} has {Unsafe.SizeOf<T>()} bytes; arguments and results have at most 8");
    }
}
