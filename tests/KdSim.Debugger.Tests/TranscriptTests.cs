using KdSim.Debugging.Targets;
using Xunit;

namespace KdSim.Debugger.Tests;

/// <summary>What a person sees at the console.</summary>
public class TranscriptTests
{
    [Fact]
    public void Expressions_and_formats() => Golden.Check(new Pulse().Transcript(
        "? 1+2*3", "? pulse", "? pulse!DriverEntry+10", "? (1", "? 1+", "? xyz L4", "? poi(0)", "? 1/0", "? @foo", "? 1+1)", "? a && b",
            "hello",
        ".formats 0n3000000123", "n 10", "? 10", "n 16", "? -1", "? fffff806`5a3c0000 >> 8", "? hi(12345678)", "? low(12345678)", "? not 0",
        "? 0n10 + 0y11 + 0t17 + 0x10 + 1fh", "r $t0 = 5", "? @$t0 + $t0", "? $scmp(\"a\",\"b\")", "? $spat(\"hello.sys\",\"*.sys\")",
            ".expr",
        "? @@c++(sizeof(_IRP))", "?? 1 + 2", "?? 0x2bui64", "?? -4", "?? (unsigned char)65", "?? sizeof(pulse!_IRP) > 10",
        "?? #FIELD_OFFSET(pulse!_IRP, IoStatus)"));

    [Fact]
    public void Memory_display()
    {
        Pulse pulse = new();
        for (int i = 0; i < 64; i++)
            pulse.Target.Write(default, Pulse.Data + (ulong)i, [(byte)(i * 7 + 0x30)]);
        pulse.Target.WriteQword(Pulse.Data + 0x80, pulse.AddressOf("pulse!DriverEntry"));
        Golden.Check(pulse.Transcript(
            "db ffffb10c77f0a000 L20", "dw ffffb10c77f0a000 L8", "dd ffffb10c77f0a000 L6", "dc ffffb10c77f0a000 L8",
                "dq ffffb10c77f0a000 L4",
            "dd /c2 ffffb10c77f0a000 L4", "dps ffffb10c77f0a080 L2", "db 10 L4", "dd 10 L4", "dq 10 L2",
                "eb ffffb10c77f0a100 'k' 'd' 's' 69 6d 0",
            "da ffffb10c77f0a100", "eu ffffb10c77f0a200 \"wide text\"", "du ffffb10c77f0a200", "f ffffb10c77f0a300 L10 de ad",
                "db ffffb10c77f0a300 L10",
            "m ffffb10c77f0a300 L10 ffffb10c77f0a304", "c ffffb10c77f0a300 L8 ffffb10c77f0a304", "s -a ffffb10c77f0a000 L400 \"kdsim\"",
            "s -d ffffb10c77f0a000 L100 addeadde", "ed ffffb10c77f0a400 12345678", "dd ffffb10c77f0a400 L1", "db ffffb10c77f0aff8", "u 0",
            "db 0 L20000000", "dq ffffb10c77f0a100 L1", "dw 1000"));
    }

    [Fact]
    public void Registers_and_code()
    {
        Pulse pulse = new();
        ulong entry = pulse.AddressOf("pulse!DriverEntry");
        pulse.Target.MoveTo(entry).Set(0, s => s.WithGeneral(4, Pulse.Stack + 0x7000).WithGeneral(1, Pulse.Data));
        Golden.Check(pulse.Transcript(
            "r", "r rax, rcx", "r eax = 12", "rrax", "r zf", "r foo", "r $ip", "u", "u pulse!DriverEntry L3", "ub pulse!DriverEntry+24 L3",
            "u @rip @rip+8", "~1s", "r rip", "~0s", "1r rip", "rM 80", "ln pulse!DriverEntry", "ln pulse!DriverEntry+4",
                "lsa pulse!DriverEntry"));
    }

    [Fact]
    public void Modules_symbols_and_types()
    {
        Pulse pulse = new();
        Golden.Check(pulse.Transcript(
            "lm", "x pulse!PulseDispatch*", "lm", "lm1m", "lmv m pulse", "x /2 pulse!Pulse*Dpc*", "dt pulse!_PULSE_EXTENSION",
                "dt _DEVICE_OBJECT Flags",
            "dt _IRP ffffb10c77f0a000 IoStatus. Tail", "dt pulse!_LIST_ENTRY ffffb10c77f0a000", "dt nt!_FOO", "dt _DEVICE_OBJECT 10",
                ".reload", ".reload nosuch",
            ".sympath", "!nosuch", ".hh bp", ".help l*"));
    }

    [Fact]
    public void Breakpoints()
    {
        Pulse pulse = new();
        ulong isr = pulse.AddressOf("pulse!PulseIsr"), dpc = pulse.AddressOf("pulse!PulseDpcForIsr");
        pulse.Target.Stops.Enqueue(t => { t.MoveTo(isr); return new StopEvent.Breakpoint(0, [t.HandleAt(isr)]); });
        pulse.Target.Stops.Enqueue(t => { t.MoveTo(dpc); return new StopEvent.Breakpoint(0, [t.HandleAt(dpc)]); });
        pulse.Target.Stops.Enqueue(t => { t.MoveTo(dpc); return new StopEvent.Breakpoint(0, [t.HandleAt(dpc)]); });
        pulse.Target.Stops.Enqueue(t =>
            new StopEvent.IrqlChange(1, [t.Irqls.First(e => e.Value.Direction == IrqlDirection.Raise).Key], 0, 2, dpc + 4));
        pulse.Target.Stops.Enqueue(t => new StopEvent.Watch(0, [t.Table.Single(e => e.Value.Kind == BreakpointKind.Write).Key]));
        Golden.Check(pulse.Transcript(
            "bp pulse!PulseIsr", "bp pulse!PulseIsr", "bu pulse!PulseDpcForIsr 2 \".echo in the dpc; ? 1\"", "ba w4 ffffb10c77f0a0c8",
                "bp other!DriverEntry",
            "bi raise == DISPATCH", "bi /m pulse /p 1 != 2 3", "bl", "g", ".lastevent", "g", "g", "g", "bd 1", "bl", "bc 0-1", "br 2 9",
                "bl 9", ".bpcmds", "bc *", "bl",
            "bm pulse!PulseDispatch*", "ba w3 10", "bi == 77", "bi5 lower", "bl 5"));
    }

    [Fact]
    public void Stops_and_events()
    {
        Pulse pulse = new();
        ulong isr = pulse.AddressOf("pulse!PulseIsr");
        pulse.Target.MoveTo(isr);
        pulse.Target.Stops.Enqueue(t => new StopEvent.BreakIn(0));
        pulse.Target.Stops.Enqueue(t => new StopEvent.Exception(0, 0xC0000005, isr, true, [1, 8]));
        pulse.Target.Stops.Enqueue(t => new StopEvent.ModuleLoad(0, pulse.Module));
        pulse.Target.Stops.Enqueue(t => new StopEvent.ModuleLoad(0, pulse.Module));
        pulse.Target.Stops.Enqueue(t => new StopEvent.MissingImport(0, "nt!IoNoSuchRoutine", isr, [1, 2]));
        pulse.Target.Stops.Enqueue(t => new StopEvent.ScenarioFinished(0, ""));
        pulse.Target.Stops.Enqueue(t =>
            { t.Printed!("a driver speaks\n"); return new StopEvent.BugCheck(0, 0xd1, [0x10, 2, 1, isr + 4]); });
        Golden.Check(pulse.Transcript("g", "sxn ld", "g", "g", ".lastevent", "g", ".bugcheck", "? @$bug_param2", "g", "sxe av", "sxe ld:pulse",
            "sx", "vertarget"));
    }

    [Fact]
    public void Language()
    {
        Pulse pulse = new();
        Golden.Check(pulse.Transcript(
            ".echo one; .echo two", ".if (1) { .echo yes } .else { .echo no }",
                ".if (0) { .echo a } .elsif (2 > 1) { .echo b } .else { .echo c }",
            ".for (r $t0 = 0; @$t0 < 3; r $t0 = @$t0 + 1) { .printf \"%d \", @$t0 }; .echo",
                "r $t1 = 3; .while (@$t1) { r $t1 = @$t1 - 1; .if (@$t1 == 1) .break }; r $t1",
            ".foreach (m { lm1m }) { .echo module m }", ".foreach /s (w \"a b c\") { .echo <${w}> }",
                "j (1 = 1) '.echo left; .echo more' ; '.echo right'",
            "r $t2 = 0", "r $t2 = @$t2 + 1; z(@$t2 < 4)", "r $t2", "as Here pulse!DriverEntry", "? Here", "al", "ad Here", "? Here",
            ".catch { ? nosuch; .echo not here }; .echo after", "? nosuch; .echo not here", "r $.u1=@rip+", ".echo $u1",
                "* all of ; this is a comment",
            "$$ only this; .echo that", ".printf \"%p %x %d %I64x %08x %s|%5d|%-5d|%c\\n\", 10, ff, -1, 123456789a, 12, 0, 5, 5, 41",
            ".printf \"%y\\n\", pulse!DriverEntry+3", ".echo \"a;b\"", ".block { .echo block }", "aS /x Val 10+10", "? ${Val}",
                ".if (1) .echo", ".else { }",
            "r $t3 = 1; .do { r $t3 = @$t3 * 2 } (@$t3 < 10); r $t3"));
    }

    [Fact]
    public void Stack()
    {
        Pulse pulse = new();
        // A frame of DriverEntry: return address into PulseIsr at the top of a stack as DriverEntry's first instruction sees it.
        ulong rsp = Pulse.Stack + 0x7000;
        pulse.Target.MoveTo(pulse.AddressOf("pulse!DriverEntry")).Set(0, s => s.WithGeneral(4, rsp));
        pulse.Target.WriteQword(rsp, pulse.AddressOf("pulse!PulseIsr") + 0x10);
        Golden.Check(pulse.Transcript("k 2", "kL 2", "kb 1", "kc 2", ".frame 0", ".frame 9", "dv", "dv /t /v", "r rcx = ffffb10c77f0a000",
            "dt DriverObject Type Size", "?? DriverObject->Size", "dv"));
    }

    /// <summary>A call that the compiler inlined has a frame of its own, with its line and its variables.</summary>
    [Fact]
    public void Inline_frames()
    {
        Pulse small = new("KdSim.Symbols.Tests", "small");
        ulong callback = small.AddressOf("small!SmallCallback"), rsp = Pulse.Stack + 0x7000;
        ulong inlined = callback;
        while (small.Session.Modules.At(inlined)!.Symbols.InlinesAt((uint)(inlined - Pulse.Base)).Count == 0)
            inlined++;
        small.Target.MoveTo(inlined).Set(0, s => s.WithGeneral(4, rsp).WithGeneral(1, Pulse.Data));
        small.Target.WriteQword(rsp, small.AddressOf("small!DriverEntry") + 0x10);
        Golden.Check(small.Transcript("k 3", "kL 3", "kb 2", "kc 3", ".frame", "dv /t", "? Value", "?? Item", ".f+", "dv", ".frame 2", "kP 2",
            "dx @$curstack.Frames.Count()"));
    }
}
