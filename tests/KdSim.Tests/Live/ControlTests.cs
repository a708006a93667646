using Xunit;

namespace KdSim.Tests.Live;

/// <summary>Running, stepping and event filters on the demo machine.</summary>
public class ControlTests
{
    /// <summary>Each kernel event stops at the occurrence that its restriction describes, and at no other.</summary>
    [Fact]
    public void Kernel_events() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "sxe irp:device=pulse,major=READ", "g", ".lastevent", "sxd irp", "sxe -c \".echo a cancelled request\" irpc:STATUS_CANCELLED",
        "sxe isr:pulse!*", "g", "sxi isr", "sxe dpc:routine=pulse!PulseDpc*", "g", "sxi dpc", "g", "sxr", "sxe epr:reader*", "g", "sxr", "g", "g",
        ".reboot", "sxe pnp:state=Started", "g", "sxn pool:tag=Puls", "sxd pnp", "sxe pwr:D0", "g", "sxr",
        "sxe irp:foo=3", "sxe int:vector>zz", "sxd bug", "sxe", "sxe nosuch"));

    [Fact]
    public void Kernel_event_of_an_irql() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "sxe irql:raise,level>=2,by=pulse", "g", "r cr8", "sxe irql:lower,old==2,by=pulse*", "g", ".hh sxe"));

    [Fact]
    public void Output_and_bug_check_filters() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "sxe -c \".echo it spoke\" out:*nosuch*", "sxe -c \".echo crashed; ? @$bug_code\" bug", "g", ".crash", "sx"));

    [Fact]
    public void Searching_steps_end_where_the_processor_idles() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "g", "g", "pc", "pt", "pa 0", "tb", "p 2", "g nosuch!Routine", "bp nosuch!Other", "bl"));

    /// <summary>Options, passes, conditions, commands; data of any size and place, with what it held before; ports.</summary>
    [Fact]
    public void Breakpoint_forms() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "ba r3 nt!Kd_DEFAULT_Mask+1", "ba w100 /1 /p 10 pulse!PulseIsr", "ba r8 nosuch!Var",
        "bp /cpu 0 /c 20 pulse!PulseIsr 2 \".echo isr; .if (@$t0 < 2) { r $t0 = @$t0+1; gc } .else { .echo enough }\"",
        "bp4 /c 2 /C 1 pulse!PulseDpcForIsr", "bm /d pulse!PulseDispatchP*", "bm /a pulse!nosuch*", "bp /w \"@$t0 > 100\" pulse!PulseDpcForIsr",
        "bl", "bl /L 4", ".bpcmds", "bc 5-9", "bd 1", "g", "? @$t0", "bc *", "bp0 pulse!PulseIsr", "br 0 7", "bs 7 \".echo hi\"", "bl",
        "bsc 7 @$t0 = 5 \".echo five\"", "bl", "bc 7", "bp /f 3 x", "bp /q x", "ba w0 pulse!PulseIsr", "ba i4 12345",
        "ba w4 nt!IopNumberDeviceNodes", ".reboot", "g", "bc *", "ba i4 cf8", "eb @rip 66 ba f8 0c ed 90", "g", "r eax"));

    [Fact]
    public void Watch_trace() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "bp pulse!PulseIsr", "g", "wt -l 1 -or", "wt", "bc *", "bp pulseflt!PulseFltDispatchRead", "g", "wt -i nt -ns -oa", "k 1", "wt -zz", ".reboot", "g",
        "wt -nc -m pulse*"));

    [Fact]
    public void Source_stepping_and_step_filters() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "bp pulse!PulseDispatchRead", "g", "l+t", "p", "p 2", "t", "gu", ".step_filter \"pulse!Pulse*;nt!*\"", ".step_filter", "t 3", ".step_filter /c",
            "l-t", "t", "pc", "tt", "ph 2 \"r $t0\"", "pct", "th", "tb", "p =@rip 2"));
}
