using System.Buffers.Binary;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdExts.Mm;

/// <summary>A range of physical memory: <c>[c]</c> and its kin say how a real processor would cache the access and are read over.</summary>
/// <param name="Count">Elements; null for the command's default.</param>
public sealed record PhysicalRange(string Name, string Address, string? Count, IReadOnlyList<string> Values)
{
    public static PhysicalRange Read(ArgumentReader arguments)
    {
        string word = arguments.Word();
        while (word is "[c]" or "[uc]" or "[wc]" or "-m")
            word = arguments.Word();
        if (word.Length == 0)
            throw new CommandException($"{arguments.Name}: a physical address is expected");
        string? count = null;
        List<string> values = [];
        while (!arguments.AtEnd)
        {
            string next = arguments.Word();
            if (count is null && values.Count == 0 && next is ['l' or 'L', ..])
                count = next.Length > 1 ? next[1..] : arguments.Word();
            else
                values.Add(next);
        }
        return new PhysicalRange(arguments.Name, word, count, values);
    }
}

/// <summary><c>!db !dc !dd !dp !dq !du !dw</c>: physical memory.</summary>
[Command("!db", "!db [[c]|[uc]|[wc]] [-m] address [L count]", "Show physical memory as bytes", Example = "!db 2000 L10")]
[Command("!dc", "!dc [[c]|[uc]|[wc]] [-m] address [L count]", "Show physical memory as doublewords with characters")]
[Command("!dd", "!dd [[c]|[uc]|[wc]] [-m] address [L count]", "Show physical memory as doublewords", Example = "!dd 2000 L4")]
[Command("!dp", "!dp [[c]|[uc]|[wc]] [-m] address [L count]", "Show physical memory as pointers")]
[Command("!dq", "!dq [[c]|[uc]|[wc]] [-m] address [L count]", "Show physical memory as quadwords", Example = "!dq 2000 L2")]
[Command("!du", "!du [[c]|[uc]|[wc]] [-m] address [L count]", "Show physical memory as wide characters")]
[Command("!dw", "!dw [[c]|[uc]|[wc]] [-m] address [L count]", "Show physical memory as words")]
public sealed class PhysicalDisplayCommand : Command<PhysicalRange>
{
    const int RowSize = 16;
    const ulong DefaultBytes = 0x80, Most = 1 << 24;

    /// <inheritdoc/>
    protected override PhysicalRange Parse(ArgumentReader arguments) => PhysicalRange.Read(arguments);

    /// <inheritdoc/>
    protected override IEnumerable<Node> Run(PhysicalRange arguments, IDebugSession session)
    {
        int size = arguments.Name[2] switch { 'b' => 1, 'w' or 'u' => 2, 'c' or 'd' => 4, _ => 8 };
        ulong address = session.Evaluate(arguments.Address);
        ulong bytes = arguments.Count is { } count ? Math.Min(session.Evaluate(count), Most) * (ulong)size : DefaultBytes;
        bool characters = arguments.Name is "!db" or "!dc" or "!du";
        byte[] row = new byte[RowSize];
        for (ulong done = 0; done < bytes; done += RowSize)
        {
            int wanted = (int)Math.Min(RowSize, bytes - done);
            int read = session.Target.ReadPhysical(address + done, row.AsSpan(0, wanted)) / size * size;
            if (read == 0)
            {
                yield return new Error($"Physical memory read at {address + done:x} failed\nIf you know the caching attributes used for the memory,\n" +
                    "try specifying [c], [uc] or [wc], as in !dd [c] <params>.");
                yield break;
            }
            string cells = string.Join(' ', Enumerable.Range(0, read / size).Select(i => Cell(row, i * size, size)));
            string text = characters ? "  " + Characters(row, read, size == 2 ? 2 : 1) : "";
            yield return new Line($"#{address + done,8:x} {(characters ? cells.PadRight(RowSize / size * (size * 2 + 1) - 1) : cells)}{text}");
        }
    }

    static string Cell(byte[] row, int at, int size) => size switch
    {
        1 => $"{row[at]:x2}",
        2 => $"{BinaryPrimitives.ReadUInt16LittleEndian(row.AsSpan(at)):x4}",
        4 => $"{BinaryPrimitives.ReadUInt32LittleEndian(row.AsSpan(at)):x8}",
        _ => Addresses.Accent(BinaryPrimitives.ReadUInt64LittleEndian(row.AsSpan(at))),
    };

    static string Characters(byte[] row, int length, int width) => string.Concat(Enumerable.Range(0, length / width).Select(i =>
        (width == 1 ? row[i] : BinaryPrimitives.ReadUInt16LittleEndian(row.AsSpan(i * 2))) is var c and >= 0x20 and < 0x7f ? (char)c : '.'));
}

/// <summary><c>!eb !ed</c>: writes physical memory.</summary>
[Command("!eb", "!eb address value...", "Write bytes to physical memory")]
[Command("!ed", "!ed address value...", "Write doublewords to physical memory")]
public sealed class PhysicalEnterCommand : Command<PhysicalRange>
{
    /// <inheritdoc/>
    protected override PhysicalRange Parse(ArgumentReader arguments) => PhysicalRange.Read(arguments) is { Values.Count: > 0 } range
        ? range : throw new CommandException($"{arguments.Name}: a value is expected");

    /// <inheritdoc/>
    protected override IEnumerable<Node> Run(PhysicalRange arguments, IDebugSession session)
    {
        IMemoryWriter writer = session.Target.Capability<IMemoryWriter>() ?? throw new CommandException("This target's memory cannot be written");
        int size = arguments.Name == "!eb" ? 1 : 4;
        byte[] data = [.. arguments.Values.SelectMany(v => BitConverter.GetBytes(session.Evaluate(v)).Take(size))];
        ulong address = session.Evaluate(arguments.Address);
        if (writer.WritePhysical(address, data) is var written && written < data.Length)
            yield return new Error($"Physical memory write at {address + (ulong)written:x} failed");
    }
}

/// <summary><c>!search</c>: pages of physical memory that hold a value, or one near it.</summary>
[Command("!search", "!search data [delta [startpfn [endpfn]]]", "Search physical memory for a pointer-sized value",
    Example = "!search fffff80010000000 0 100 101")]
public sealed class PhysicalSearchCommand : WordCommand
{
    const ulong PageSize = 0x1000, MostPages = 1 << 20, MostGap = 0x100;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong wanted = arguments.Address(session), delta = arguments.Value(session, 1), page = arguments.Value(session, 2);
        ulong last = Math.Min(arguments.Value(session, 3, MostPages), MostPages);
        yield return new Line($"Searching PFNs in range {page:x16} - {last:x16} for [{wanted:x16} - {wanted + delta:x16}]");
        yield return new Line("");
        yield return new Line("Pfn              Offset   Hit");
        byte[] bytes = new byte[PageSize];
        for (ulong gap = 0; page <= last && gap < MostGap; page++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            int length = session.Target.ReadPhysical(page * PageSize, bytes);
            // Physical memory has holes; a long one is its end.
            gap = length == 0 ? gap + 1 : 0;
            for (int at = 0; at + 8 <= length; at += 8)
                if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at)) is var value && value - wanted <= delta)
                    yield return new Line($"{page:x16} {at:x8} {value:x16}");
        }
        yield return new Line("Search done.");
    }
}
