using Xunit;

namespace KdSim.Nt.Tests;

/// <summary>Status codes, bug checks, IRQLs, control codes, IRP names.</summary>
public sealed class CodesTests
{
    [Theory]
    [InlineData(0u, "STATUS_SUCCESS")]
    [InlineData(0x103u, "STATUS_PENDING")]
    [InlineData(0xC0000005u, "STATUS_ACCESS_VIOLATION")]
    [InlineData(0xC0000016u, "STATUS_MORE_PROCESSING_REQUIRED")]
    [InlineData(0xC00000BBu, "STATUS_NOT_SUPPORTED")]
    [InlineData(0x80000003u, "STATUS_BREAKPOINT")]
    public void Statuses_have_their_names(uint value, string name)
    {
        Assert.Equal(name, NtStatusNames.Find(value));
        Assert.True(NtStatusNames.TryParse(name, out NtStatus status));
        Assert.Equal(value, (uint)status);
    }

    [Fact]
    public void The_enum_and_the_table_of_names_agree()
    {
        var byName = NtStatusNames.Rows().ToDictionary(r => r.Name.StartsWith("STATUS_") ? Pascal(r.Name[7..]) : Pascal(r.Name), r => r.Value);
        foreach (NtStatus status in Enum.GetValues<NtStatus>())
        {
            string name = Enum.GetNames<NtStatus>().First(n => Enum.Parse<NtStatus>(n) == status);
            Assert.Equal((uint)status, byName[name]);
        }
        Assert.True(NtStatusNames.Rows().Count() > 1500);
    }

    [Fact]
    public void Severity_is_in_the_top_bits()
    {
        Assert.True(NtStatus.Pending.IsSuccess);
        Assert.True(NtStatus.BufferOverflow is { IsWarning: true, IsSuccess: false });
        Assert.True(NtStatus.AccessDenied.IsError);
        Assert.Equal("0xC123FFFF", NtStatusNames.Name((NtStatus)0xC123FFFF));
    }

    [Theory]
    [InlineData(0xAu, "IRQL_NOT_LESS_OR_EQUAL")]
    [InlineData(0xD1u, "DRIVER_IRQL_NOT_LESS_OR_EQUAL")]
    [InlineData(0xC4u, "DRIVER_VERIFIER_DETECTED_VIOLATION")]
    [InlineData(0x7Eu, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED")]
    public void Bug_checks_have_their_names(uint code, string name) => Assert.Equal(name, BugCheckCodes.Find(code));

    [Theory]
    [InlineData("DISPATCH_LEVEL", 2)]
    [InlineData("passive", 0)]
    [InlineData("CLOCK", 13)]
    [InlineData("HIGH_LEVEL", 15)]
    public void Irqls_read_by_name(string name, int level)
    {
        Assert.True(Irql.TryParse(name, out byte found));
        Assert.Equal(level, found);
        Assert.False(Irql.TryParse("NONE", out _));
    }

    [Fact]
    public void A_control_code_comes_apart()
    {
        var code = new IoControlCode(0x222004);
        Assert.Equal(("FILE_DEVICE_UNKNOWN", 0x801u), (code.DeviceName, code.Function));
        Assert.Equal(("METHOD_BUFFERED", "FILE_ANY_ACCESS"), (code.MethodName, code.AccessName));
        Assert.Equal(code, new IoControlCode(FILE_DEVICE.UNKNOWN, 0x801, IoControlMethod.Buffered, 0));
        Assert.Equal("0x8337", new IoControlCode(0x83372003).DeviceName);
    }

    [Theory]
    [InlineData(0x1B, 0, "IRP_MJ_PNP", "IRP_MN_START_DEVICE")]
    [InlineData(0x16, 2, "IRP_MJ_POWER", "IRP_MN_SET_POWER")]
    [InlineData(3, 9, "IRP_MJ_READ", null)]
    [InlineData(0x7F, 0, "IRP_MJ_0x7f", null)]
    public void Irp_functions_have_names(byte major, byte minor, string majorName, string? minorName)
    {
        Assert.Equal(majorName, IrpNames.Major(major));
        Assert.Equal(minorName, IrpNames.Minor(major, minor));
    }

    [Fact]
    public void Minor_names_are_the_constants()
    {
        for (byte minor = 0; minor < 0x40; minor++)
            if (IrpNames.Minor((byte)IRP_MJ.PNP, minor) is { } name)
                Assert.Equal(minor, (byte)typeof(IRP_MN).GetField(name[7..])!.GetRawConstantValue()!);
    }

    [Fact]
    public void The_commonest_statuses_are_explained()
    {
        Assert.Equal(5u, NtStatusText.ToWin32(NtStatus.AccessDenied));
        Assert.Equal("The request was cancelled.", NtStatusText.Describe(NtStatus.Cancelled));
        Assert.Null(NtStatusText.Describe((NtStatus)0xC123FFFF));
        Assert.Null(NtStatusText.ToWin32(NtStatus.Breakpoint));
    }

    private static string Pascal(string name) =>
        string.Concat(name.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(p => char.ToUpperInvariant(p[0]) + p[1..].ToLowerInvariant()));
}
