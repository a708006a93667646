using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Ob;

/// <summary><c>!object</c>: an object of the object manager, by address or path.</summary>
[Command("!object", @"!object {address [flags] | \path | 0 type}", "Show an object (flags 1 name and counts, 8 contents, 0x20 full path)",
    Example = @"!object \Device")]
[Reads("nt!_OBJECT_HEADER", "nt!_OBJECT_HEADER_NAME_INFO", "nt!_OBJECT_HEADER_CREATOR_INFO", "nt!_OBJECT_TYPE", "nt!_OBJECT_DIRECTORY",
    "nt!_OBJECT_DIRECTORY_ENTRY", "nt!_OBJECT_SYMBOLIC_LINK", "nt!ObpRootDirectoryObject", "nt!ObTypeIndexTable")]
public sealed class ObjectCommand : WordCommand
{
    const ulong Counts = 1, Contents = 8, FullPath = 0x20, Default = 9;
    const int MostOfType = 4096;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        KernelObjects objects = new(session);
        if (!arguments.Has(0))
            return Directory(objects, objects.Root);
        string typed = arguments.Values[0];
        if (typed is "0" && arguments.Has(1))
            return OfType(session, objects, arguments.Values[1]);
        ulong address = typed.StartsWith('\\') ? typed == "\\" ? objects.Root : objects.Find(typed) : session.Evaluate(typed);
        if (address == 0)
            return [new Error($"Object {typed} not found")];
        return Show(session, objects, address, arguments.Value(session, 1, Default));
    }

    internal static IEnumerable<Node> Show(IDebugSession session, KernelObjects objects, ulong address, ulong flags)
    {
        if (objects.TypeName(address) is not { } type || objects.Header(address) is not { } header)
        {
            yield return new Error($"{address:x16}: Not a valid object (ObjectType invalid)");
            yield break;
        }
        ulong typeAddress = objects.TypeOf(address);
        yield return new Line("Object: ", new Address(address, AddressStyle.Plain), $"  Type: ({typeAddress:x16}) {type}");
        yield return new Line($"    ObjectHeader: {header.Address:x16} (new version)");
        if ((flags & Counts) != 0)
            yield return new Line($"    HandleCount: {header.Signed("HandleCount")}  PointerCount: {header.Signed("PointerCount")}");
        if ((flags & Counts) != 0 && objects.NameInfo(address) is { } info && info.UnicodeString("Name") is { Length: > 0 } name)
            yield return new Line("    Directory Object: ", Say.Linked(info["Directory"], "!object"), $"  Name: {name}");
        if ((flags & FullPath) != 0)
            yield return new Line($"    Path: {objects.Path(address)}");
        if ((flags & Contents) == 0)
            yield break;
        foreach (Node node in Body(session, objects, address, type))
            yield return node;
    }

    static IEnumerable<Node> Body(IDebugSession session, KernelObjects objects, ulong address, string type)
    {
        if (type == "Directory")
            return Directory(objects, address);
        if (type == "SymbolicLink" && session.Types["nt!_OBJECT_SYMBOLIC_LINK"].TryRead(address) is { IsComplete: true } link)
            return
            [
                new Line($"    Flags: 0x{link["Flags"]:x6} ({((link["Flags"] & 1) == 0 ? " Local )" : " Global )")}"),
                new Line($"    Target String is '{link.UnicodeString("LinkTarget")}'"),
            ];
        return [];
    }

    static IEnumerable<Node> Directory(KernelObjects objects, ulong directory)
    {
        List<(int Bucket, ulong Object)> entries = [.. objects.Entries(directory)];
        yield return new Line("");
        yield return new Line("    Hash Address          Type          Name");
        yield return new Line("    ---- -------          ----          ----");
        int last = -1;
        foreach ((int bucket, ulong entry) in entries)
        {
            string hash = bucket == last ? "    " : $"{bucket:d2}  ";
            last = bucket;
            yield return new Line($"     {hash}"[..8], " ", Say.Linked(entry, "!object"), $" {objects.TypeName(entry) ?? "?",-13} {objects.Name(entry)}");
        }
    }

    /// <summary>Named objects of a type; unnamed ones stand in no directory.</summary>
    static IEnumerable<Node> OfType(IDebugSession session, KernelObjects objects, string type)
    {
        yield return new Line($"Scanning the object directories for type {type}");
        Stack<ulong> directories = new([objects.Root]);
        HashSet<ulong> seen = [];
        int left = MostOfType;
        while (directories.TryPop(out ulong directory))
        {
            session.Cancellation.ThrowIfCancellationRequested();
            foreach ((_, ulong entry) in objects.Entries(directory))
            {
                string? its = objects.TypeName(entry);
                if (its == "Directory" && seen.Count < MostOfType && seen.Add(entry))
                    directories.Push(entry);
                if (type.Equals(its, StringComparison.OrdinalIgnoreCase) && left-- > 0)
                    foreach (Node node in Show(session, objects, entry, Counts))
                        yield return node;
            }
        }
    }
}
