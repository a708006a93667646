using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace KdSim.Kernel.Routines;

/// <summary>
/// Runs sequences: starts one at its stub's first trap, keeps its state machines when it suspends, goes on at its resume trap. One a kernel;
/// holds nothing between traps. C# runs to the next suspension without interruption: guest code runs only after the trap has returned.
/// </summary>
internal sealed class SequenceRunner(NtKernel kernel)
{
    [ThreadStatic] private static SequenceRunner? current;

    private Activation? _spare;
    private int _insertAt;
    private bool _finished;

    /// <summary>The runner of the kernel whose trap is being handled on this host thread.</summary>
    public static SequenceRunner Current =>
        current ?? throw new InvalidOperationException("a sequence was awaited outside a trap");

    /// <summary>What the innermost call or wait answered.</summary>
    public ulong Result { get; private set; }

    /// <summary>The activation whose C# runs now.</summary>
    public Activation? Active { get; private set; }

    /// <summary>True once guest code was prepared to run in this trap: the routine must suspend now.</summary>
    public bool HasLeft { get; private set; }

    public static InvalidOperationException ForeignAwait() =>
        new("a sequence may await only Guest.Call, Guest.Suspend and other sequences, at once");

    public static void Enter(SequenceRunner? runner) => current = runner;

    /// <summary>Called before a sequence's method, at the first trap of its stub.</summary>
    public void Begin(Stub stub, ulong frameAddress)
    {
        Activation activation = _spare ?? new Activation();
        _spare = null;
        activation.Stub = stub;
        activation.FrameAddress = frameAddress;
        activation.LocalRsp = frameAddress - StubShapes.SequenceFrameSize;
        activation.Contract = default;
        Active = activation;
        _insertAt = 0;
        HasLeft = false;
    }

    /// <summary>Called when the method came back: done (the stub returns <paramref name="result"/>), or suspended.</summary>
    public void End(bool isDone, ulong result)
    {
        Activation activation = TakeActive();
        if (isDone)
        {
            if (HasLeft)
                throw new InvalidOperationException($"{activation.Stub} called guest code and did not await it");
            _spare = activation;
            kernel.Dispatcher.ReturnFromSequence(activation, result);
            return;
        }
        if (!HasLeft)
            throw ForeignAwait();
        StackOf(activation).Activations.Add(activation);
    }

    /// <summary>Called at a resume trap: runs the state machines from the innermost out, until one suspends or all are done.</summary>
    public void Resume(Activation activation, ulong result)
    {
        Active = activation;
        Result = result;
        HasLeft = false;
        List<SequenceFrame> frames = activation.FrameList;
        while (frames.Count > 0 && !HasLeft)
        {
            int top = frames.Count - 1;
            _insertAt = frames.Count;
            _finished = false;
            frames[top].MoveNext();
            if (_finished)
                frames.RemoveAt(top);
            else if (!HasLeft)
                throw ForeignAwait();
        }
        Active = null;
        if (HasLeft)
        {
            if (frames.Count == 0)
                throw new InvalidOperationException($"{activation.Stub} called guest code and did not await it");
            return;
        }
        StackOf(activation).Activations.Remove(activation);
        kernel.Dispatcher.ReturnFromSequence(activation, Result);
    }

    /// <summary>A guest exception or bug check left the routine: its state machines are gone. Returns the activation that was running, if any.</summary>
    public Activation? Abandon()
    {
        Activation? activation = Active;
        Active = null;
        HasLeft = false;
        if (activation is { FrameList.Count: > 0 })
            StackOf(activation).Activations.Remove(activation);
        return activation;
    }

    internal void Suspend<TMachine>(ref TMachine machine, bool first) where TMachine : IAsyncStateMachine
    {
        if (first) // Callees suspend first: their callers go below the frames of this run, above those of earlier ones.
            Require().FrameList.Insert(_insertAt, new SequenceFrame<TMachine>(machine));
    }

    internal void Finish(ulong result)
    {
        Result = result;
        _finished = true;
    }

    /// <summary>The running activation; a leaf or tail has none.</summary>
    internal Activation Require() => Active ?? throw new InvalidOperationException("only a sequence (a method that returns KTask) may call guest code or wait");

    /// <summary>Records that the processor goes on with guest code after this trap.</summary>
    internal void Leave(Activation activation, ulong rsp)
    {
        if (HasLeft)
            throw new InvalidOperationException($"{activation.Stub} called guest code twice without awaiting");
        activation.Rsp = rsp;
        HasLeft = true;
    }

    private Activation TakeActive()
    {
        Activation activation = Require();
        Active = null;
        return activation;
    }

    private GuestStack StackOf(Activation activation) => kernel.Stacks.Find(activation.FrameAddress - 8) ?? ThrowNoStack(activation);

    [DoesNotReturn]
    private static GuestStack ThrowNoStack(Activation activation) =>
        throw new InvalidOperationException($"{activation.Stub} suspends on a stack at {activation.FrameAddress:x} that is not registered");
}
