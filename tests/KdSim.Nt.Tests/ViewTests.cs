using Xunit;

namespace KdSim.Nt.Tests;

/// <summary>Generated views read and write exactly their own bytes of the ambient memory.</summary>
public sealed class ViewTests
{
    private const ulong Base = 0xFFFF_8000_0000_1000;

    [Fact]
    public void A_field_touches_only_its_bytes()
    {
        using var memory = new ByteMemory(Base, DEVICE_OBJECT.SizeOf);
        View<DEVICE_OBJECT> device = View<DEVICE_OBJECT>.At(Base);
        device.Flags = DO.BUFFERED_IO | DO.DEVICE_INITIALIZING;
        device.Flags &= ~DO.DEVICE_INITIALIZING;
        Assert.Equal(DO.BUFFERED_IO, device.Flags);
        Assert.Equal(["W 30 4", "R 30 4", "W 30 4", "R 30 4"], memory.Accesses);
        Assert.Equal(4, memory.Bytes[0x30]);
        Assert.Equal(0x30, DEVICE_OBJECT.Offsets.Flags);
    }

    [Fact]
    public void Nested_paths_are_those_of_nt()
    {
        using var memory = new ByteMemory(Base, IRP.SizeOf);
        View<IRP> irp = View<IRP>.At(Base);
        View<IRP_Tail_Overlay> overlay = irp.Tail.Overlay;
        overlay.CurrentStackLocation = new Ptr<IO_STACK_LOCATION>(0x1234);
        Assert.Equal(0x1234UL, BitConverter.ToUInt64(memory.Bytes, 0xB8));
        Assert.Equal(Base + 0x78, irp.Tail.Address);
        Assert.Equal(new Ptr<IO_STACK_LOCATION>(0x1234), irp.Tail.Overlay.CurrentStackLocation);
    }

    [Fact]
    public void Small_structures_are_values_and_views()
    {
        using var memory = new ByteMemory(Base, IRP.SizeOf);
        View<IRP> irp = View<IRP>.At(Base);
        irp.ThreadListEntry = new LIST_ENTRY { Flink = new(1), Blink = new(2) };
        Assert.Equal(["W 20 16"], memory.Accesses);
        Assert.Equal(2UL, irp.ThreadListEntryView.Blink.Address);
        Assert.Equal(1UL, irp.ThreadListEntry.Flink.Address);
        Assert.Equal(Base, View<IRP>.Containing(irp.ThreadListEntryView.Address, IRP.Offsets.ThreadListEntry).Address);
    }

    [Fact]
    public void Booleans_are_true_when_not_zero()
    {
        using var memory = new ByteMemory(Base, IRP.SizeOf);
        View<IRP> irp = View<IRP>.At(Base);
        memory.Bytes[0x41] = 0x80;
        Assert.True(irp.PendingReturned);
        irp.PendingReturned = true;
        Assert.Equal(1, memory.Bytes[0x41]);
        irp.PendingReturned = false;
        Assert.False(irp.PendingReturned);
    }

    [Fact]
    public void Bit_fields_keep_their_neighbours()
    {
        using var memory = new ByteMemory(Base, POOL_HEADER.SizeOf);
        View<POOL_HEADER> header = View<POOL_HEADER>.At(Base);
        header.Ulong1 = 0x11223344;
        header.BlockSize = 0xAB;
        Assert.Equal(0x11AB3344u, header.Ulong1);
        Assert.Equal(0xAB, header.BlockSize);
        Assert.Equal(0x44, header.PreviousSize);
        Assert.Equal(0x33, header.PoolIndex);
        header.PoolType = 0x1FF;
        Assert.Equal(0xFFAB3344u, header.Ulong1);
    }

    [Fact]
    public void High_bits_of_a_wide_storage_work()
    {
        using var memory = new ByteMemory(Base, 8);
        View<MMPTE_HARDWARE> pte = View<MMPTE_HARDWARE>.At(Base);
        pte.NoExecute = true;
        pte.PageFrameNumber = 0x12345;
        pte.Valid = true;
        Assert.Equal(0x8000_0000_1234_5001UL, pte.Bits);
        Assert.Equal(0x12345UL, pte.PageFrameNumber);
        pte.NoExecute = false;
        Assert.Equal(0x0000_0000_1234_5001UL, pte.Bits);
    }

    [Fact]
    public void Arrays_have_bounds_and_elements()
    {
        using var memory = new ByteMemory(Base, DRIVER_OBJECT.SizeOf);
        View<DRIVER_OBJECT> driver = View<DRIVER_OBJECT>.At(Base);
        driver.MajorFunction.Set((int)IRP_MJ.PNP, 0xABCD);
        ViewArray<ulong> routines = driver.MajorFunction;
        routines[0] = 7;
        Assert.Equal(28, routines.Count);
        Assert.Equal(0xABCDUL, driver.MajorFunction[27]);
        Assert.Equal(7UL, BitConverter.ToUInt64(memory.Bytes, 0x70));
        Assert.Throws<ArgumentOutOfRangeException>(() => routines[28]);
        Assert.Throws<ArgumentOutOfRangeException>(() => routines[-1]);
    }

    [Fact]
    public void Arrays_of_open_length_go_on()
    {
        using var memory = new ByteMemory(Base, 0x100);
        View<DEVICE_RELATIONS> relations = View<DEVICE_RELATIONS>.At(Base);
        relations.Objects.Set(3, new Ptr<DEVICE_OBJECT>(5));
        Assert.Equal(5UL, BitConverter.ToUInt64(memory.Bytes, 8 + 24));
    }

    [Fact]
    public void A_pointer_moves_by_elements_and_converts()
    {
        var pointer = new Ptr<IO_STACK_LOCATION>(0x1000);
        Assert.Equal(0x1048UL, (ulong)(pointer + 1));
        Assert.Equal(0xFB8UL, (ulong)(pointer - 1));
        View<IO_STACK_LOCATION> view = pointer;
        Ptr<IO_STACK_LOCATION> back = view;
        Assert.Equal(pointer, back);
        Assert.True(default(Ptr<IRP>).IsNull);
    }

    [Fact]
    public void A_structure_may_be_cleared_and_copied()
    {
        using var memory = new ByteMemory(Base, 0x400);
        Array.Fill(memory.Bytes, (byte)0xEE);
        View<DEVICE_OBJECT>.At(Base + 0x10).Clear();
        Assert.Equal(0xEE, memory.Bytes[0xF]);
        Assert.All(memory.Bytes[0x10..0x160], b => Assert.Equal(0, b));
        Assert.Equal(0xEE, memory.Bytes[0x160]);
    }

    [Fact]
    public void A_guid_copies_all_bytes()
    {
        using var memory = new ByteMemory(Base, 0x20);
        for (int i = 0; i < 16; i++)
            memory.Bytes[i] = (byte)(i + 1);
        GUID guid = View<GUID>.At(Base).Read();
        new Ptr<GUID>(Base + 0x10).Write(guid);
        Assert.Equal(memory.Bytes[..16], memory.Bytes[16..]);
    }

    [Fact]
    public void A_view_outside_a_machine_is_an_error()
    {
        GuestMemory.Current = null;
        Assert.Throws<InvalidOperationException>(() => View<IRP>.At(Base).Type);
    }

    [Fact]
    public void A_field_may_cross_a_page()
    {
        using var memory = new ByteMemory(Base, 0x2000);
        View<KTIMER> timer = View<KTIMER>.At(Base + 0x1000 - 0x34);
        timer.Dpc = new Ptr<KDPC>(0x1122334455667788);
        Assert.Equal(0x1122334455667788UL, timer.Dpc.Address);
        Assert.Equal(0x44, memory.Bytes[0x1000]);
    }
}
