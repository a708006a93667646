using System.Text;
using KdSim.Tracing.Etl.Reading;
using KdSim.Tracing.Etl.Writing;
using Xunit;

namespace KdSim.Tests.Recording;

/// <summary><c>.reexec</c>: from a trace to the machine that it is of.</summary>
public class ReexecutionTests
{
    static readonly byte[] Demo = Recorded.Run("g; q");

    static string Walk(byte[] trace, string commands)
    {
        string folder = Directory.CreateTempSubdirectory("kdsim").FullName;
        try
        {
            string file = Path.Combine(folder, "run.etl");
            File.WriteAllBytes(file, trace);
            return Recorded.Console($"{commands}; q", "-z", file);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_run_is_made_again_to_where_the_trace_stands()
    {
        string output = Walk(Demo, "sxe dpc; g; .reexec; k; !irql; g");
        Assert.Matches("Made the run again to 0[.0-9]+: [0-9]{3,} events compared, no difference", output);
        Assert.Matches(@"pulse!PulseDpcForIsr.*\n01 .* nt!KiRetireDpcList", output);
        Assert.Contains("2 (DISPATCH_LEVEL)", output);
        Assert.Contains("Scenario finished", output);
    }

    [Fact]
    public void A_run_is_made_again_to_its_end() =>
        Assert.Matches("Made the run again to 0[.0-9]+: [0-9]{4,} events compared, no difference", Walk(Demo, ".reexec"));

    [Fact]
    public void The_first_difference_is_said()
    {
        byte[] changed = [.. Demo];
        const int PayloadOffset = 16;
        changed[PlaceOf(changed, kernelGroup: 0x0F, opcode: 67) + PayloadOffset] ^= 2;
        string output = Walk(changed, ".reexec");
        Assert.Contains("events compared, then the first difference:", output);
        Assert.Matches("the trace has Windows Kernel/PerfInfo/ISR at [0-9]+ ns .* the machine kernel event PerfInfo/67", output);
    }

    [Fact]
    public void Another_driver_is_refused()
    {
        byte[] changed = [.. Demo];
        int name = changed.AsSpan().LastIndexOf(Encoding.Unicode.GetBytes("pulse.sys\0"));
        int hash = name + Encoding.Unicode.GetByteCount("pulse.sys\0");
        // The last place of the name may be that of an image event; the hash follows the one of ImageHash.
        while (!char.IsAsciiHexDigit((char)changed[hash]) || changed[hash + 1] != 0)
        {
            name = changed.AsSpan(0, name).LastIndexOf(Encoding.Unicode.GetBytes("pulse.sys\0"));
            hash = name + Encoding.Unicode.GetByteCount("pulse.sys\0");
        }
        changed[hash] = changed[hash] == (byte)'0' ? (byte)'1' : (byte)'0';
        Assert.Matches("pulse.sys with SHA-256 [0-9a-f]{64} is in none of", Walk(changed, ".reexec"));
    }

    [Fact]
    public void A_trace_of_another_system_is_refused()
    {
        var file = new MemoryStream();
        using var session = new EtlSession(new EtlSessionOptions { BufferSize = 4096, BootTime = 134_000_000_000_000_000 });
        session.Kernel(0, 100, CancelTimerPayload.Opcode, new CancelTimerPayload { Timer = 7 });
        session.Save(file, 200);
        Assert.Contains("was not recorded by KdSim", Walk(file.ToArray(), ".reexec"));
    }

    [Fact]
    public void A_live_machine_has_nothing_to_make_again() => Assert.Contains("Only the run of a trace", Recorded.Console(".reexec; q"));

    /// <summary>Where the first such kernel event stands in the file.</summary>
    static int PlaceOf(byte[] trace, byte kernelGroup, byte opcode)
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(trace));
        foreach (EventRecord record in file.InFileOrder())
            if (record.IsKernel && (byte)record.Group == kernelGroup && record.Opcode == opcode)
                return (int)record.BufferOffset + record.RecordOffset;
        throw new InvalidOperationException("the trace has no such event");
    }
}
