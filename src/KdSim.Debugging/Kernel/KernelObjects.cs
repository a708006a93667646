using KdSim.Debugging.Structures;

namespace KdSim.Debugging.Kernel;

/// <summary>Objects of the object manager, read from their headers. Nothing here throws on a wrong address: it answers with nothing.</summary>
public sealed class KernelObjects(IDebugSession session)
{
    const int DeepestPath = 32;
    const int LongestChain = 4096;
    const int NameBit = 2;

    readonly StructureLayout _header = session.Types["nt!_OBJECT_HEADER"];

    /// <summary>Where an object's header stands.</summary>
    public ulong HeaderOf(ulong body) => body - _header.OffsetOf("Body");

    /// <summary>An object's header, or null when it cannot be read.</summary>
    public StructureValue? Header(ulong body) => _header.TryRead(HeaderOf(body)) is { IsComplete: true } header ? header : null;

    /// <summary>The OBJECT_TYPE of an object; 0 when its header holds none. The index is scrambled with the header's address and a cookie.</summary>
    public ulong TypeOf(ulong body)
    {
        if (Header(body) is not { } header || !session.Symbols.TryGetAddress("nt!ObTypeIndexTable", out ulong table))
            return 0;
        ulong index = header["TypeIndex"];
        if (session.Symbols.TryGetAddress("nt!ObHeaderCookie", out ulong cookieAt) && session.TryReadInteger(cookieAt, 1, out ulong cookie))
            index ^= cookie ^ (header.Address >> 8 & 0xff);
        return session.TryReadPointer(table + index * 8, out ulong type) && (long)type < 0 ? type : 0;
    }

    /// <summary>The name of an object's type, or null when it is no object.</summary>
    public string? TypeName(ulong body)
    {
        ulong type = TypeOf(body);
        return type != 0 && session.Types["nt!_OBJECT_TYPE"].TryRead(type) is { IsComplete: true } read &&
            read.UnicodeString("Name") is { Length: > 0 } name ? name : null;
    }

    /// <summary>The name block that stands before the header, where the object has one.</summary>
    public StructureValue? NameInfo(ulong body)
    {
        if (Header(body) is not { } header || (header["InfoMask"] & NameBit) == 0)
            return null;
        ulong before = session.Types["nt!_OBJECT_HEADER_NAME_INFO"].Size;
        if ((header["InfoMask"] & 1) != 0)
            before += session.Types["nt!_OBJECT_HEADER_CREATOR_INFO"].Size;
        return session.Types["nt!_OBJECT_HEADER_NAME_INFO"].TryRead(header.Address - before) is { IsComplete: true } info ? info : null;
    }

    /// <summary>The name in its directory; empty for an object without one.</summary>
    public string Name(ulong body) => NameInfo(body)?.UnicodeString("Name") ?? "";

    /// <summary>The directory that an object is named in; 0 for none.</summary>
    public ulong DirectoryOf(ulong body) => NameInfo(body)?["Directory"] ?? 0;

    /// <summary>The full path, from the root on.</summary>
    public string Path(ulong body)
    {
        string path = "";
        ulong root = Root;
        for (int depth = 0; depth < DeepestPath && body != 0 && body != root; depth++)
        {
            path = $"\\{Name(body)}{path}";
            body = DirectoryOf(body);
        }
        return path.Length == 0 ? "\\" : path;
    }

    /// <summary>The root directory; 0 when it is not known.</summary>
    public ulong Root =>
        session.Symbols.TryGetAddress("nt!ObpRootDirectoryObject", out ulong at) && session.TryReadPointer(at, out ulong root) ? root : 0;

    /// <summary>The entries of a directory with the number of their hash bucket.</summary>
    public IEnumerable<(int Bucket, ulong Object)> Entries(ulong directory)
    {
        if (session.Types["nt!_OBJECT_DIRECTORY"].TryRead(directory) is not { IsComplete: true } read)
            yield break;
        StructureLayout entryType = session.Types["nt!_OBJECT_DIRECTORY_ENTRY"];
        int left = LongestChain;
        IReadOnlyList<ulong> buckets = read.Array("HashBuckets");
        for (int bucket = 0; bucket < buckets.Count; bucket++)
            for (ulong at = buckets[bucket]; at != 0 && left-- > 0;)
            {
                if (entryType.TryRead(at) is not { IsComplete: true } entry)
                    break;
                yield return (bucket, entry["Object"]);
                at = entry["ChainLink"];
            }
    }

    /// <summary>An object by its path, whatever the case of its letters; 0 when there is none. Symbolic links are not followed.</summary>
    public ulong Find(string path)
    {
        ulong at = Root;
        foreach (string step in path.Split('\\', StringSplitOptions.RemoveEmptyEntries))
        {
            if (at == 0 || TypeName(at) != "Directory")
                return 0;
            at = Entries(at).Select(e => e.Object).FirstOrDefault(o => Name(o).Equals(step, StringComparison.OrdinalIgnoreCase));
        }
        return at;
    }

    /// <summary>An address from what was typed: a path, a name under one of these directories, or an expression.</summary>
    public ulong Resolve(string text, params ReadOnlySpan<string> directories)
    {
        if (text.StartsWith('\\'))
            return Find(text);
        if (!SessionExtensions.IsNumber(text) && text.IndexOfAny(['@', '!', '(', '+']) < 0 && Root != 0)
            foreach (string directory in directories)
                if (Find($"{directory}\\{text}") is var found and not 0)
                    return found;
        return session.Evaluate(text);
    }
}
