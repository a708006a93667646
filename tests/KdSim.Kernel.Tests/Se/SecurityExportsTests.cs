using KdSim.Kernel.Routines;
using KdSim.Kernel.Tests.Rtl;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Se;

public sealed class SecurityExportsTests : IDisposable
{
    private readonly GuestData _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void SIDs_and_privileges_stand_where_drivers_look_for_them()
    {
        View<SE_EXPORTS> exports = new(_data.Kernel.Memory.ReadU64(_data.Kernel.Data(Datum.SeExports)));
        Assert.Equal(20ul, _data.Kernel.Memory.ReadU64(exports.Address + (ulong)SE_EXPORTS.Offsets.SeDebugPrivilege));
        Assert.Equal(35ul, _data.Kernel.Memory.ReadU64(exports.Address + (ulong)SE_EXPORTS.Offsets.SeCreateSymbolicLinkPrivilege));
        byte[] admins = new byte[16];
        _data.Kernel.Memory.Read(exports.SeAliasAdminsSid, admins);
        Assert.Equal([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0], admins); // S-1-5-32-544
        Assert.Equal(16u, _data.Kernel.SecurityDescriptors.RtlLengthSid(exports.SeAliasAdminsSid));
    }

    [Fact]
    public void Local_System_has_all_privileges_that_exist()
    {
        Assert.True(_data.Kernel.Privileges.SeSinglePrivilegeCheck(10, 1));
        Assert.False(_data.Kernel.Privileges.SeSinglePrivilegeCheck(99, 1));
        Assert.True(_data.Kernel.Privileges.SeSinglePrivilegeCheck(99, 0));
    }
}
