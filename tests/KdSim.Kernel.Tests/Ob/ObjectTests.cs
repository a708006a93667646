using KdSim.Kernel.Ob;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Ob;

public class ObjectTests
{
    [Fact]
    public void Names_lead_through_links_to_objects()
    {
        using var machine = TestMachine.Boot();
        ObjectNamespace names = machine.Kernel.ObjectNamespace;
        Assert.Equal(NtStatus.Success, machine.Kernel.SymbolicLinks.Create("\\DosDevices\\Files", "\\Device"));
        NameLookup device = names.Lookup("\\Device"), link = names.Lookup("\\??\\fILES");
        Assert.Equal(NtStatus.Success, link.Status);
        Assert.Equal(device.Object, link.Object);
        Assert.Equal("\\GLOBAL??\\Files", names.PathOf(names.LookupLink("\\DosDevices\\Files").Object));
        Assert.Equal(NtStatus.ObjectNameNotFound, names.Lookup("\\Device\\None").Status);
        Assert.Equal(NtStatus.ObjectPathNotFound, names.Lookup("\\None\\None").Status);
        Assert.Equal(NtStatus.ObjectPathSyntaxBad, names.Lookup("Device").Status);
        Assert.Equal(NtStatus.ObjectNameCollision, machine.Kernel.SymbolicLinks.Create("\\??\\Files", "\\Device"));
    }

    [Fact]
    public void Handles_are_found_and_their_entries_used_again()
    {
        using var machine = TestMachine.Boot();
        HandleTables tables = machine.Kernel.HandleTables;
        ulong body = machine.Kernel.Objects.Allocate(ObjectKind.Event, KEVENT.SizeOf);
        var table = tables.Create(new View<EPROCESS>(machine.Kernel.KernelObjects.Process.Address));
        var handles = new List<ulong>();
        for (int i = 0; i < 600; i++)
            handles.Add(tables.Insert(table, body, 0x1F0003, 0));
        Assert.Equal(600, handles.Distinct().Count());
        Assert.All(handles, handle => Assert.Equal(body, HandleTables.ObjectOf(tables.Find(table, handle))));
        Assert.Equal(600, Objects.HeaderOf(body).HandleCount);
        tables.Remove(table, handles[7]);
        Assert.True(tables.Find(table, handles[7]).IsNull);
        Assert.Equal(handles[7], tables.Insert(table, body, 1, 0));
        Assert.True(tables.Find(table, 0).IsNull);
        Assert.True(tables.Find(table, 0x7FFF_FFFC).IsNull);
    }

    [Fact]
    public void A_kind_survives_the_encoding_in_the_header()
    {
        using var machine = TestMachine.Boot();
        for (ObjectKind kind = ObjectKind.Directory; kind <= ObjectKind.File; kind++)
            Assert.Equal(kind, machine.Kernel.ObjectTypes.KindOf(machine.Kernel.Objects.Allocate(kind, 16)));
    }
}
