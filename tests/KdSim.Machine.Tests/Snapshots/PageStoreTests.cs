using CsCheck;
using KdSim.Machine.Snapshots;
using Xunit;

namespace KdSim.Machine.Tests.Snapshots;

public class PageStoreTests
{
    private const int Pages = 8;

    /// <summary>Any order of writes, snapshots and restores, back and forth between branches, against copies of the whole RAM.</summary>
    [Fact]
    public void Every_snapshot_reads_as_when_it_was_taken_whatever_happens_later()
    {
        Gen<(int What, int Where, byte Value)> step = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 1000], Gen.Byte[0, 2]);
        step.Array[1, 60].Sample(
            steps =>
            {
                using var computer = new Computer(new MachineOptions { Processors = 1, MemorySize = Pages * 4096 });
                var taken = new List<(Snapshot Snapshot, byte[] Content, UInt128 Hash)>();
                foreach ((int what, int where, byte value) in steps)
                {
                    if (what == 0)
                    {
                        taken.Add((computer.TakeSnapshot(), Content(computer), computer.Hash()));
                    }
                    else if (what == 1 && taken.Count > 0)
                    {
                        (Snapshot snapshot, byte[] content, UInt128 hash) = taken[where % taken.Count];
                        computer.Restore(snapshot);
                        Assert.Equal(content, Content(computer));
                        Assert.Equal(hash, computer.Hash());
                    }
                    else
                    {
                        computer.Memory.Write((ulong)(where % Pages * 4096 + where), value);
                    }
                }

                foreach ((Snapshot snapshot, byte[] content, UInt128 hash) in taken)
                {
                    computer.Restore(snapshot);
                    Assert.Equal(content, Content(computer));
                    Assert.Equal(hash, computer.Hash());
                }
            },
            iter: 300);
    }

    [Fact]
    public void Pages_of_zeros_hash_as_absent_ones()
    {
        using var computer = new Computer(new MachineOptions { Processors = 1, MemorySize = Pages * 4096 });
        UInt128 before = computer.Hash();
        computer.Memory.Write(5000, 1);
        Assert.NotEqual(before, computer.Hash());
        computer.Memory.Write(5000, 0);
        Assert.Equal(before, computer.Hash());
    }

    [Fact]
    public void A_snapshot_belongs_to_its_machine()
    {
        using var one = new Computer(new MachineOptions { MemorySize = Pages * 4096 });
        using var other = new Computer(new MachineOptions { MemorySize = Pages * 4096 });
        Snapshot snapshot = one.TakeSnapshot();
        Assert.Throws<InvalidOperationException>(() => other.Restore(snapshot));
    }

    private static byte[] Content(Computer computer)
    {
        byte[] content = new byte[Pages * 4096];
        computer.Memory.Read(0, content);
        return content;
    }
}
