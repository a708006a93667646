using CsCheck;
using KdSim.Machine.Time;
using Xunit;

namespace KdSim.Machine.Tests.Time;

public class EventQueueTests
{
    [Fact]
    public void Events_come_out_by_time_and_then_in_the_order_of_scheduling()
    {
        var queue = new EventQueue();
        queue.Schedule(20, 1, 1);
        queue.Schedule(10, 1, 2);
        queue.Schedule(20, 1, 3);
        queue.Schedule(10, 1, 4);
        Assert.Equal([2, 4, 1, 3], Drain(queue).Select(e => e.Code));
    }

    [Fact]
    public void The_queue_agrees_with_a_sorted_list_under_any_calls()
    {
        Gen<(int What, ulong Due, int Owner, int Code)> operation =
            Gen.Select(Gen.Int[0, 5], Gen.ULong[0, 20], Gen.Int[0, 2], Gen.Int[0, 2]);
        operation.Array[0, 200].Sample(operations =>
        {
            var queue = new EventQueue();
            var model = new List<MachineEvent>();
            ulong sequence = 0;
            foreach ((int what, ulong due, int owner, int code) in operations)
            {
                if (what <= 2)
                {
                    queue.Schedule(due, owner, code, due);
                    model.Add(new MachineEvent(due, sequence++, owner, code, due));
                }
                else if (what == 3)
                {
                    int removed = model.RemoveAll(e => e.Owner == owner && e.Code == code);
                    Assert.Equal(removed, queue.Cancel(owner, code));
                }
                else if (model.Count > 0)
                {
                    MachineEvent first = model.OrderBy(e => e.Due).ThenBy(e => e.Sequence).First();
                    model.Remove(first);
                    Assert.Equal(first, queue.Pop());
                }

                Assert.Equal(model.Count == 0 ? Ticks.Never : model.Min(e => e.Due), queue.NextDue);
            }

            Assert.Equal(model.OrderBy(e => e.Due).ThenBy(e => e.Sequence), queue.ToArray());
        });
    }

    [Fact]
    public void Choices_depend_on_seed_kind_and_ordinal_only()
    {
        var one = new Choices(7);
        var other = new Choices(7);
        ulong[] quanta = [.. Enumerable.Range(0, 100).Select(_ => one.Draw(ChoiceKind.Quantum, 1000, 2000))];
        for (int i = 0; i < 100; i++)
        {
            other.Draw(ChoiceKind.Jitter, 0, 9);           // another kind does not disturb
            Assert.Equal(quanta[i], other.Draw(ChoiceKind.Quantum, 1000, 2000));
        }

        Assert.All(quanta, quantum => Assert.InRange(quantum, 1000UL, 2000UL));
        Assert.True(quanta.Distinct().Count() > 80);
    }

    [Fact]
    public void A_journal_overrides_single_choices()
    {
        var free = new Choices(7);
        var bound = new Choices(7, new Dictionary<(ChoiceKind, ulong), ulong> { [(ChoiceKind.Quantum, 1)] = 1234 });
        Assert.Equal(free.Draw(ChoiceKind.Quantum, 1000, 2000), bound.Draw(ChoiceKind.Quantum, 1000, 2000));
        free.Draw(ChoiceKind.Quantum, 1000, 2000);
        Assert.Equal(1234UL, bound.Draw(ChoiceKind.Quantum, 1000, 2000));
        Assert.Equal(free.Draw(ChoiceKind.Quantum, 1000, 2000), bound.Draw(ChoiceKind.Quantum, 1000, 2000));
    }

    private static IEnumerable<MachineEvent> Drain(EventQueue queue)
    {
        while (queue.Count > 0)
            yield return queue.Pop();
    }
}
