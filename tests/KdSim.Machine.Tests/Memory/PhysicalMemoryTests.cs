using KdSim.Machine.Memory;
using Xunit;

namespace KdSim.Machine.Tests.Memory;

/// <summary>Pages, marks and holds of guest RAM.</summary>
public sealed class PhysicalMemoryTests
{
    [Fact]
    public void Unwritten_pages_read_as_zeros_and_stay_unwritten()
    {
        using var memory = new PhysicalMemory(1 << 20);
        Assert.Equal(0UL, memory.Read<ulong>(0x5FFC));
        Assert.Empty(memory.WrittenPages);
        memory.Write(0x5FFE, 0x11223344u);
        Assert.Equal([5, 6], memory.WrittenPages);
        Assert.Equal(0x1122, memory.Read<ushort>(0x6000));
        memory.ClearPage(5);
        Assert.Equal([6], memory.WrittenPages);
        Assert.Equal(0, memory.Read<ushort>(0x5FFE));
    }

    [Fact]
    public void An_access_outside_ram_is_refused_whole()
    {
        using var memory = new PhysicalMemory(1 << 20);
        Assert.False(memory.TryWrite((1 << 20) - 2, new byte[4]));
        Assert.False(memory.TryRead(ulong.MaxValue, new byte[1]));
        Assert.Empty(memory.WrittenPages);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read<int>(1 << 20));
    }

    [Fact]
    public void The_keeper_sees_each_held_page_once_before_its_first_write()
    {
        using var memory = new PhysicalMemory(1 << 20);
        memory.Write(0x3000, 7);
        var keeper = new Keeper();
        memory.Keeper = keeper;
        memory.HoldAllPages();
        memory.Write(0x3000, 8);
        memory.Write(0x3000, 9);
        memory.Write(0x4000, 1);
        Assert.Equal(["3 7 True", "4 0 False"], keeper.Seen);
    }

    private sealed class Keeper : IPageKeeper
    {
        public List<string> Seen { get; } = [];

        public void BeforeFirstWrite(int frame, ReadOnlySpan<byte> content, bool written) =>
            Seen.Add($"{frame} {BitConverter.ToInt32(content)} {written}");
    }
}
