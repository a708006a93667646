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
}
