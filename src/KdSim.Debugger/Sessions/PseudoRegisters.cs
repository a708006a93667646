using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Sessions;

/// <summary>The registers of the debugger itself: <c>$t0</c> to <c>$t19</c> to write, the others computed when they are asked for.</summary>
public sealed class PseudoRegisters(DebuggerSession session)
{
    readonly ulong[] _user = new ulong[20];

    /// <summary>C++ types of user registers that <c>r?</c> set.</summary>
    public TypeInfo?[] UserTypes { get; } = new TypeInfo?[20];

    /// <summary>What <c>d*</c> displayed last.</summary>
    public ulong LastData { get; set; }

    /// <summary>What an expression gave last.</summary>
    public ulong LastExpression { get; set; }

    /// <summary>The element that <c>!list</c> stands on.</summary>
    public ulong ListElement { get; set; }

    /// <summary>Code, then parameters of the last bug check.</summary>
    public ulong[] BugCheck { get; set; } = new ulong[5];

    public uint ExceptionCode { get; set; }

    /// <summary>Parameters of the last exception.</summary>
    public IReadOnlyList<ulong> ExceptionParameters { get; set; } = [];

    public bool FirstChance { get; set; }

    public ulong EventIp { get; set; }

    public ulong PreviousIp { get; set; }

    public ulong this[int index]
    {
        get => _user[index];
        set => _user[index] = value;
    }

    public static bool IsUser(string name, out int index)
    {
        index = 0;
        return name.StartsWith("$t", StringComparison.Ordinal) && int.TryParse(name.AsSpan(2), out index) && index is >= 0 and < 20;
    }

    public bool TryGet(string name, out ulong value)
    {
        if (IsUser(name, out int index))
        {
            value = _user[index];
            return true;
        }
        if (name.StartsWith("$bp", StringComparison.Ordinal) && int.TryParse(name.AsSpan(3), out int breakpoint))
        {
            value = session.Breakpoints.Find(breakpoint)?.Address ?? 0;
            return true;
        }
        if (name.StartsWith("$bug_param", StringComparison.Ordinal) && int.TryParse(name.AsSpan(10), out int parameter) &&
            parameter is >= 1 and <= 4)
        {
            value = BugCheck[parameter];
            return true;
        }
        if (name.StartsWith("$exr_param", StringComparison.Ordinal) && int.TryParse(name.AsSpan(10), out int index15) && index15 is >= 0 and < 15)
        {
            value = index15 < ExceptionParameters.Count ? ExceptionParameters[index15] : 0;
            return true;
        }
        ulong? found = name switch
        {
            "$ip" => session.Context.Integer?.Rip,
            "$csp" => session.Context.Integer?.Rsp,
            "$retreg" or "$retreg64" or "$callret" => session.Context.Integer?.Rax,
            "$ra" => session.ReturnAddress,
            "$ea" => session.EffectiveAddress,
            "$scopeip" => session.Scope?.Ip ?? session.Context.Integer?.Rip,
            "$frame" => (ulong)(session.Scope?.Number ?? 0),
            "$thread" => session.CurrentThread,
            "$proc" => session.CurrentProcess,
            "$tid" or "$tpid" => session.ThreadOrProcessId(process: name == "$tpid"),
            "$p" => LastData,
            "$exp" => LastExpression,
            "$extret" => ListElement,
            "$eventip" => EventIp,
            "$previp" => PreviousIp,
            "$ptrsize" => 8,
            "$pagesize" => 0x1000,
            "$pcr" => session.Context.Segments is { } segments ? Processors.Pcr(segments) : null,
            "$pcrb" or "$prcb" => session.Context.Segments is { } segments ? Processors.Pcr(segments) + Processors.PrcbOffset(session)
                : null,
            "$irql" => session.Context.Control?.Cr8,
            "$bug_code" => BugCheck[0],
            "$exr_code" => ExceptionCode,
            "$exr_chance" => ExceptionCode == 0 ? 0UL : FirstChance ? 1UL : 2,
            "$exr_numparams" => (ulong)ExceptionParameters.Count,
            "$peb" => session.CurrentProcess is var process and not 0 ? Field(process, "nt!_EPROCESS", "Peb") : 0,
            "$teb" => session.CurrentThread is var thread and not 0 ? Field(thread, "nt!_KTHREAD", "Teb") : 0,
            "$exentry" => session.CurrentProcess is var owner and not 0 ? Field(owner, "nt!_EPROCESS", "SectionBaseAddress") : 0,
            "$argreg" => session.Context.Integer?.Rcx,
            "$dtid" or "$dpid" or "$dsid" => 0,
            "$dbgtime" => session.Target.Capability<Debugging.Targets.ITargetClock>() is { } clock
                ? (ulong)clock.UtcNow.ToFileTimeUtc() : null,
            _ => null,
        };
        value = found ?? 0;
        return found is not null;
    }

    ulong Field(ulong structure, string type, string field) =>
        session.Types.Find(type)?.Find(field) is { } path && session.TryReadPointer(structure + path.Offset, out ulong value) ? value : 0;

    public bool TrySet(string name, ulong value)
    {
        if (!IsUser(name, out int index))
            return false;
        _user[index] = value;
        UserTypes[index] = null;
        return true;
    }
}
