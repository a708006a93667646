using KdSim.Machine.Cpu;
using KdSim.Nt;

namespace KdSim.Kernel.Routines;

/// <summary>What a sequence may do with guest code and its stub's frame on the guest stack. Only while its C# runs.</summary>
public sealed class Guest
{
    private const int MaxArguments = 16;
    private readonly NtKernel _kernel;

    internal Guest(NtKernel kernel) => _kernel = kernel;

    /// <summary>
    /// Runs guest code and goes on with its RAX. Checks that IRQL, APC-disable count and the callee-saved registers come back unchanged
    /// (a finding otherwise).
    /// </summary>
    public GuestCall Call(ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        if (arguments.Length > MaxArguments)
            throw new ArgumentException($"{arguments.Length} arguments; at most {MaxArguments}");
        SequenceRunner runner = _kernel.Runner;
        Activation activation = runner.Require();
        ref CpuState cpu = ref _kernel.Cpu.State;
        int slots = Math.Max(4, arguments.Length + 1 & ~1);
        ulong rsp = activation.LocalRsp - (ulong)slots * 8;
        for (int i = 4; i < arguments.Length; i++)
            _kernel.Memory.WriteU64(rsp + (ulong)i * 8, arguments[i]);
        _kernel.Memory.WriteU64(rsp - 8, _kernel.Stubs.ResumeOf(activation.Stub));
        cpu.Rcx = arguments.Length > 0 ? arguments[0] : 0;
        cpu.Rdx = arguments.Length > 1 ? arguments[1] : 0;
        cpu.R8 = arguments.Length > 2 ? arguments[2] : 0;
        cpu.R9 = arguments.Length > 3 ? arguments[3] : 0;
        cpu.Rsp = rsp - 8;
        cpu.Rip = routine;
        _kernel.Contracts.Remember(activation, routine);
        runner.Leave(activation, rsp);
        return default;
    }

    /// <summary>Runs a routine of the simulated images through its stub: it shows on stacks, and breakpoints on it hit.</summary>
    public GuestCall Call(Stub stub, params ReadOnlySpan<ulong> arguments) => Call(_kernel.Stubs.AddressOf(stub), arguments);

    /// <summary>As <see cref="Call(ulong, ReadOnlySpan{ulong})"/>, for routines whose purpose is to change the IRQL: acquiring and releasing locks.</summary>
    public GuestCall CallChangingIrql(ulong routine, params ReadOnlySpan<ulong> arguments)
    {
        GuestCall call = Call(routine, arguments);
        _kernel.Runner.Require().Contract.Irql = CallContract.AnyIrql;
        return call;
    }

    /// <summary>
    /// Leaves the sequence so that whoever sets RIP and RSP back to what they are now resumes it, RAX being the result: the half of a wait that belongs to
    /// the sequence. The caller (Ke.Park) switches the thread away before it returns.
    /// </summary>
    public GuestCall Suspend()
    {
        SequenceRunner runner = _kernel.Runner;
        Activation activation = runner.Require();
        ref CpuState cpu = ref _kernel.Cpu.State;
        cpu.Rsp = activation.LocalRsp;
        cpu.Rip = _kernel.Stubs.ResumeOf(activation.Stub);
        activation.Contract.Target = 0;
        runner.Leave(activation, cpu.Rsp);
        return default;
    }

    /// <summary>Zeroed bytes in the stub's guest frame, 16-aligned, gone when the routine returns: for a KEVENT, an IO_STATUS_BLOCK, a CONTEXT.</summary>
    public ulong Scratch(int bytes)
    {
        if (bytes is <= 0 or > 0x2000)
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "a scratch area has 1 to 8192 bytes");
        Activation activation = _kernel.Runner.Require();
        ulong rsp = activation.LocalRsp - (ulong)(bytes + 15 & ~15);
        _kernel.Memory.Fill(rsp, activation.LocalRsp - rsp, 0);
        activation.LocalRsp = rsp;
        _kernel.Cpu.State.Rsp = rsp;
        return rsp;
    }

    /// <summary>A scratch structure.</summary>
    public View<T> Scratch<T>() where T : unmanaged => new(Scratch(System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));
}

/// <summary>Awaited: guest code runs, then its answer.</summary>
public readonly struct GuestCall : System.Runtime.CompilerServices.ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public GuestCall GetAwaiter() => this;

    public GuestResult GetResult() => new(SequenceRunner.Current.Result);

    public void OnCompleted(Action continuation) => throw SequenceRunner.ForeignAwait();

    public void UnsafeOnCompleted(Action continuation) => throw SequenceRunner.ForeignAwait();
}

/// <summary>RAX as guest code left it: converts to what the called routine's type says.</summary>
public readonly struct GuestResult(ulong rax)
{
    public ulong Value => rax;

    /// <summary>A BOOLEAN: AL only.</summary>
    public bool Boolean => (byte)rax != 0;

    public NtStatus Status => (NtStatus)(uint)rax;

    public static implicit operator ulong(GuestResult result) => result.Value;

    public static implicit operator NtStatus(GuestResult result) => result.Status;
}
