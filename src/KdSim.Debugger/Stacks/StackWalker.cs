using KdSim.Debugger.Expressions;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Stacks;

/// <summary>Walks stacks by the images' unwind data, and finds the local variables of the chosen frame.</summary>
public sealed class StackWalker(DebuggerSession session) : IStacks
{
    IEnumerable<CallFrame> IStacks.Walk(IntegerState from, int most)
    {
        foreach (StackFrame frame in Walk(from, most))
            yield return new CallFrame(frame.Number, frame.Context, frame.ReturnAddress, frame.TrapFrame, frame.CodeAddress);
    }

    IntegerState? IStacks.AtSwitch(ulong kernelStack)
    {
        try
        {
            return kernelStack == 0 ? null : SwitchFrames.Read(session, kernelStack).Integer;
        }
        catch (CommandException)
        {
            return null;
        }
    }

    /// <summary>Frames from the current context on, innermost first.</summary>
    public IEnumerable<StackFrame> Walk(int most) =>
        session.Context.Integer is { } integer ? Walk(integer, most) : [];

    /// <summary>Frames from these registers on. Ends where unwind data or memory ends, or the stack does not grow.</summary>
    public IEnumerable<StackFrame> Walk(IntegerState start, int most)
    {
        IntegerState state = start;
        bool isCaller = false;
        for (int number = 0; number < most; number++)
        {
            IntegerState? caller = FrameUnwinder.Unwind(session, state, out ulong trapFrame);
            yield return new StackFrame(number, state, caller?.Rip ?? 0, trapFrame) { IsCaller = isCaller };
            isCaller = trapFrame == 0;
            if (caller is null || caller.Rip == 0 || caller.Rsp <= state.Rsp && trapFrame == 0)
                yield break;
            state = caller;
        }
    }

    /// <summary>The same with a frame for each inlined call, as <c>k</c> numbers them.</summary>
    public IEnumerable<StackFrame> WithInlines(IEnumerable<StackFrame> frames)
    {
        int number = 0;
        foreach (StackFrame frame in frames)
        {
            foreach (InlineCall call in session.Modules.At(frame.Ip) is { } module ? module.Symbols.InlinesAt(module.Rva(frame.CodeAddress)).Reverse() : [])
                yield return frame with { Number = number++, Inline = call };
            yield return frame with { Number = number++ };
        }
    }

    /// <summary>The frame that locals are looked up in: the one set by <c>.frame</c>, else the innermost.</summary>
    public StackFrame? ScopeFrame => session.Scope ?? WithInlines(Walk(1)).FirstOrDefault();

    /// <summary>The variables of the scope at its address; a caller's address is that of its call.</summary>
    public IReadOnlyList<LocalVariable> Locals()
    {
        if (ScopeFrame is not { } frame || session.Modules.At(frame.Ip) is not { } module)
            return [];
        return module.Symbols.LocalsAt(module.Rva(frame.CodeAddress), frame.Inline?.Name);
    }

    /// <summary>A variable of the scope; in an inlined call, one of the function around it where the call has none of that name.</summary>
    public LocalVariable? FindLocal(string name) => Locals().FirstOrDefault(l => l.Name == name) ??
        (ScopeFrame is { Inline: not null } frame && session.Modules.At(frame.Ip) is { } module
            ? module.Symbols.LocalsAt(module.Rva(frame.CodeAddress)).FirstOrDefault(l => l.Name == name) : null);

    public bool TryLocalAddress(string name, out ulong address)
    {
        address = 0;
        return FindLocal(name) is { } local && AddressOf(local) is { } at && (address = at) == at;
    }

    /// <summary>Where a variable stands in memory; null when it does not.</summary>
    public ulong? AddressOf(LocalVariable local)
    {
        if (ScopeFrame is not { } frame)
            return null;
        return local.Place switch
        {
            LocalPlace.RegisterRelative when TryRegister(frame, local.Register, out ulong value) => value + (ulong)local.Number,
            LocalPlace.Static when session.Modules.At(frame.Ip) is { } module => module.Base + (ulong)local.Number,
            _ => null,
        };
    }

    /// <summary>The variable's value; null when it has none at this address or its memory cannot be read.</summary>
    public TypedValue? Load(LocalVariable local)
    {
        if (local.Place == LocalPlace.Constant)
            return new TypedValue(local.Type, (ulong)local.Number);
        if (local.Place == LocalPlace.Register)
            return ScopeFrame is { } frame && TryRegister(frame, local.Register, out ulong value) && local.Type.Size <= 8
                ? new TypedValue(local.Type, value) : null;
        if (AddressOf(local) is not { } address)
            return null;
        if (local.Type.IsRecord || local.Type.Kind == TypeKind.Array)
            return new TypedValue(local.Type, address, address);
        return session.TryReadInteger(address, (int)Math.Clamp(local.Type.Size, 1, 8), out ulong bits)
            ? new TypedValue(local.Type, bits, address) : null;
    }

    /// <summary>What a call may change is not known in the frames of callers.</summary>
    static bool IsVolatile(string name) => name.ToLowerInvariant() is
        "rax" or "rcx" or "rdx" or "eax" or "ecx" or "edx" or "ax" or "cx" or "dx" or "al" or "cl" or "dl" or
        ['r', '8' or '9', ..] or ['r', '1', '0' or '1', ..];

    static bool TryRegister(StackFrame frame, string name, out ulong value)
    {
        value = 0;
        return (!frame.IsCaller || !IsVolatile(name)) && TryValue(frame, name, out value);
    }

    static bool TryValue(StackFrame frame, string name, out ulong value) =>
        Registers.TryGet(new ProcessorContext { Integer = frame.Context }, name, out value);
}
