using Xunit;

namespace KdSim.Tests.Live;

/// <summary>Modules, images and loops over what the target has.</summary>
public class ModuleTests
{
    [Fact]
    public void Module_commands() => LiveConsole.CheckGolden(LiveConsole.Demo(
        "lm1m", "lm1m m pulse*", "lmk1m", "lm m pulse", "lmvm pulse", "lmvM *buffers.sys", "lmi m pulse*", "lmf a pulse!PulseIsr", "lmsm1m", "lme",
            "lmt m buffers",
        "lmn m pulse", "lmq", "!dh pulse", "!dh nosuch", ".imgscan /r pulse L7000", ".symopt", ".symopt+ 40", ".symopt- 40", ".symopt 1000",
        ".symfix", "x nosuch!*", ".reload nosuch.sys", "ld pulse"));

    [Fact]
    public void For_each_and_event_log() => LiveConsole.CheckGolden(LiveConsole.Demo(
        ".eventlog", "bp pulse!PulseDispatchRead", "g", "!for_each_local \".echo <@#Local>\"", "!for_each_frame \"dv\"",
            "!for_each_process \"dt nt!_EPROCESS ImageFileName @#Process\"",
        "!for_each_function -m:pulse -p:*Dpc* -c:.echo @#ModuleName @#FunctionName", "!for_each_function -x:3", "r $t0 = 0",
            "!for_each_thread \"r $t0 = @$t0 + 1\"",
        "? @$t0 > 5", "bc *", "g", ".eventlog"));

    [Fact]
    public void Module_information()
    {
        (string output, _) = LiveConsole.Run("buffers", ["!lmi buffers", "!lmi nosuch"]);
        Assert.Contains("         Module: buffers\n   Base Address: fffff80010000000\n     Image Name: buffers.sys\n", output);
        Assert.Contains("RSDS - GUID: {", output);
        Assert.Contains("    Load Report: private symbols & lines\n", output);
        Assert.Contains("Couldn't resolve error at 'nosuch'", output);
    }
}
