using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary><c>!validatelist</c>: whether a doubly linked list agrees with itself in both directions.</summary>
[Command("!validatelist", "!validatelist head", "Check that the links of a list agree both ways", Example = "!validatelist nt!PsActiveProcessHead")]
[Reads("nt!_LIST_ENTRY")]
public sealed class ValidateListCommand : WordCommand
{
    const int Most = 1 << 20;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong head = arguments.Address(session), at = head;
        for (int count = 0; count < Most; count++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            if (!session.TryReadPointer(at, out ulong next) || !session.TryReadPointer(next + 8, out ulong back))
            {
                yield return new Line($"Unable to read the entry after {at:x16} (number {count})");
                yield break;
            }
            if (back != at)
            {
                yield return new Line($"Blink at address {next + 8:x16} does not point back to previous at {at:x16}: it is {back:x16} (number {count})");
                yield break;
            }
            at = next;
            if (at == head)
            {
                yield return new Line($"Found list end after {count} entries");
                yield break;
            }
        }
        yield return new Line($"The list does not end after {Most} entries");
    }
}

/// <summary><c>!dflink !dblink</c>: entries of a list by its forward or backward links, with what stands behind each.</summary>
[Command("!dflink", "!dflink address [count [bias]]", "Show a list by its forward links", Example = "!dflink nt!PsActiveProcessHead 4")]
[Command("!dblink", "!dblink address [count [bias]]", "Show a list by its backward links", Example = "!dblink nt!PsActiveProcessHead 4")]
public sealed class LinkCommand : WordCommand
{
    const int DefaultCount = 32, Words = 4;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong start = arguments.Address(session), at = start, count = arguments.Value(session, 1, DefaultCount), bias = arguments.Value(session, 2);
        ulong link = arguments.Name == "!dblink" ? 8UL : 0;
        for (ulong i = 0; i < count; i++)
        {
            byte[] bytes = new byte[Words * 4];
            if (session.Read(at - bias, bytes) < bytes.Length || !session.TryReadPointer(at + link, out ulong next))
            {
                yield return new Error($"Memory read error {at:x16}");
                yield break;
            }
            string words = string.Join(' ', Enumerable.Range(0, Words).Select(n => $"{BitConverter.ToUInt32(bytes, n * 4):x8}"));
            yield return new Line(new Address(at - bias, AddressStyle.Plain), $" {words}");
            at = next;
            if (at == start)
                yield break;
        }
    }
}
