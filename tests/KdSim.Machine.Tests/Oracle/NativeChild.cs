using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// The child process that runs instructions on the host processor: this very test program, started again with <see cref="Argument"/>.
/// It reads batches of cases from its input and writes the outcomes to its output. Run inside the tests' own process a divide error
/// or a stray access would end the whole run; here it ends a child, and the parent names the case.
/// </summary>
static unsafe partial class NativeChild
{
    public const string Argument = "--native-oracle-child";

    /// <summary>What the child answers first; anything else on its output is the reason why it cannot serve.</summary>
    public const uint Ready = 0x4B44_4F52;

    [ModuleInitializer]
    internal static void TakeOver()
    {
        if (!Environment.GetCommandLineArgs().Contains(Argument))
            return;
        Serve(Console.OpenStandardInput(), Console.OpenStandardOutput());
        Environment.Exit(0);
    }

    static void Serve(Stream input, Stream output)
    {
        Span<byte> word = stackalloc byte[4];
        Prepare();
        BitConverter.TryWriteBytes(word, Ready);
        output.Write(word);
        output.Flush();
        byte[] cases = [];
        while (input.ReadAtLeast(word, 4, throwOnEndOfStream: false) == 4)
        {
            int bytes = BitConverter.ToInt32(word) * OracleCase.Size;
            if (cases.Length < bytes)
                cases = new byte[bytes];
            input.ReadExactly(cases, 0, bytes);
            foreach (ref OracleCase one in MemoryMarshal.Cast<byte, OracleCase>(cases.AsSpan(0, bytes)))
                Run(ref one);
            output.Write(cases, 0, bytes);
            output.Flush();
        }
    }

    static void Run(ref OracleCase one)
    {
        Span<byte> slot = new((void*)OracleLayout.Slot, 0x80);
        one.Instruction.CopyTo(slot);
        WriteJump(slot[one.Instruction.Length..], OracleLayout.Slot + (uint)one.Instruction.Length, OracleLayout.Epilogue);
        one.Fault = 0;
        ref OracleCase state = ref *(OracleCase*)OracleLayout.State;
        state = one;
        Span<byte> window = new((void*)OracleLayout.Window, OracleLayout.WindowSize);
        ((ReadOnlySpan<byte>)one.Memory).CopyTo(window);
        ((delegate* unmanaged<void>)OracleLayout.Trampoline)();
        one = state;
        window.CopyTo(one.Memory);
    }

    static void WriteJump(Span<byte> at, uint from, uint to)
    {
        at[0] = 0xE9;
        BitConverter.TryWriteBytes(at[1..], (int)(to - (from + 5)));
    }

    static void Prepare()
    {
        MapRegion();
        Place(OracleLayout.Trampoline, AssembleTrampoline);
        Place(OracleLayout.Epilogue, AssembleEpilogue);
        if (OperatingSystem.IsLinux())
        {
            Place(OracleLayout.FaultHandler, AssembleLinuxFaultHandler);
            // SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV: the handler notes the fault and goes on at the epilogue.
            foreach (int signal in (ReadOnlySpan<int>)[4, 5, 7, 8, 11])
                CatchSignal(signal);
        }
    }

    static void Place(uint address, Action<Assembler> write)
    {
        Assembler assembler = new(64);
        write(assembler);
        using MemoryStream code = new();
        assembler.Assemble(new StreamCodeWriter(code), address);
        code.ToArray().CopyTo(new Span<byte>((void*)address, 0x400));
    }

    static readonly AssemblerRegister64[] Gprs = [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    static readonly AssemblerRegisterXMM[] Xmms =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    static uint Offset(string field) => OracleLayout.State + (uint)Marshal.OffsetOf<OracleCase>(field);
    static uint GprAt(int n) => Offset(nameof(OracleCase.Gpr)) + (uint)n * 8;
    static uint XmmAt(int n) => Offset(nameof(OracleCase.Xmm)) + (uint)n * 16;

    const uint HostRsp = OracleLayout.HostState;
    const uint HostMxcsr = OracleLayout.HostState + 8;
    const uint HostXmm = OracleLayout.HostState + 16;

    /// <summary>Saves what either calling convention wants kept, loads the case's state and enters the slot.</summary>
    static void AssembleTrampoline(Assembler c)
    {
        foreach (AssemblerRegister64 kept in (AssemblerRegister64[])[rbx, rbp, rsi, rdi, r12, r13, r14, r15])
            c.push(kept);
        c.mov(__qword_ptr[HostRsp], rsp);
        c.stmxcsr(__dword_ptr[HostMxcsr]);
        for (int i = 6; i < 16; i++)
            c.movups(__xmmword_ptr[HostXmm + (uint)i * 16], Xmms[i]);
        c.ldmxcsr(__dword_ptr[Offset(nameof(OracleCase.Mxcsr))]);
        for (int i = 0; i < 16; i++)
            c.movups(Xmms[i], __xmmword_ptr[XmmAt(i)]);
        c.mov(esp, OracleLayout.StackTop);
        c.push(__qword_ptr[Offset(nameof(OracleCase.Flags))]);
        c.popfq();
        for (int i = 0; i < 16; i++)
            c.mov(Gprs[i], __qword_ptr[GprAt(i)]);
        c.jmp(OracleLayout.Slot);
    }

    static void AssembleEpilogue(Assembler c)
    {
        for (int i = 0; i < 16; i++)
            c.mov(__qword_ptr[GprAt(i)], Gprs[i]);
        c.mov(esp, OracleLayout.StackTop);
        c.pushfq();
        c.pop(__qword_ptr[Offset(nameof(OracleCase.Flags))]);
        c.cld();
        c.stmxcsr(__dword_ptr[Offset(nameof(OracleCase.Mxcsr))]);
        for (int i = 0; i < 16; i++)
            c.movups(__xmmword_ptr[XmmAt(i)], Xmms[i]);
        for (int i = 6; i < 16; i++)
            c.movups(Xmms[i], __xmmword_ptr[HostXmm + (uint)i * 16]);
        c.ldmxcsr(__dword_ptr[HostMxcsr]);
        c.mov(rsp, __qword_ptr[HostRsp]);
        foreach (AssemblerRegister64 kept in (AssemblerRegister64[])[r15, r14, r13, r12, rdi, rsi, rbp, rbx])
            c.pop(kept);
        c.ret();
    }

    /// <summary>
    /// A signal handler in machine code (no managed code may run between the fault and the epilogue): copies the trap number of the
    /// signal's context to the case, points the context's RIP at the epilogue and returns; the kernel restores all else as it was.
    /// </summary>
    static void AssembleLinuxFaultHandler(Assembler c)
    {
        const int gregs = 40, rip = gregs + 16 * 8, trapNumber = gregs + 20 * 8; // ucontext_t of x86-64 Linux
        c.mov(eax, __dword_ptr[rdx + trapNumber]);
        c.mov(__dword_ptr[Offset(nameof(OracleCase.Fault))], eax);
        // Divide error is vector 0, which means "no fault" in a case: reported as 256.
        c.test(eax, eax);
        Label known = c.CreateLabel();
        c.jne(known);
        c.mov(__dword_ptr[Offset(nameof(OracleCase.Fault))], OracleFault.DivideError);
        c.Label(ref known);
        c.mov(__qword_ptr[rdx + rip], (int)OracleLayout.Epilogue);
        c.ret();
    }

    static void CatchSignal(int signal)
    {
        const int siginfo = 4, onStack = 0x0800_0000, noDefer = 0x4000_0000;
        SigAction action = new() { Handler = (nint)OracleLayout.FaultHandler, Flags = siginfo | onStack | noDefer };
        if (SetSignalAction(signal, &action, null) != 0)
            throw new InvalidOperationException($"sigaction({signal}) failed with {Marshal.GetLastPInvokeError()}");
    }

    static void MapRegion()
    {
        nint got;
        if (OperatingSystem.IsWindows())
            got = VirtualAlloc((nint)OracleLayout.Base, OracleLayout.Length, 0x3000, 0x40);
        else
            got = Map((nint)OracleLayout.Base, OracleLayout.Length, 7, 0x10_0022, -1, 0); // private, anonymous, fixed, not replacing
        if (got != (nint)OracleLayout.Base)
            throw new InvalidOperationException($"no executable memory at {OracleLayout.Base:x} (got {got:x})");
    }

    [StructLayout(LayoutKind.Sequential)]
    struct SigAction
    {
        public nint Handler;
        public fixed byte Mask[128];
        public int Flags;
        public nint Restorer;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SetSignalAction(int signal, SigAction* action, SigAction* old);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial nint VirtualAlloc(nint address, nuint size, uint type, uint protection);
}

/// <summary>How a case names the exception it raised.</summary>
static class OracleFault
{
    public const uint None = 0;
    public const uint InvalidOpcode = 6;
    public const uint GeneralProtection = 13;
    public const uint PageFault = 14;
    public const uint SimdException = 19;

    /// <summary>#DE has vector 0.</summary>
    public const uint DivideError = 256;
}
