using KdSim.Debugger.Sessions;

namespace KdSim.Debugger.Inspection;

/// <summary>Source text for addresses: the PDB's path as it is, then its tails under the folders of the source path.</summary>
public static class SourceFiles
{
    const long LargestSource = 16 << 20;

    static readonly Dictionary<string, string[]> Kept = new(StringComparer.Ordinal);

    /// <summary>A file's path on the host, or null.</summary>
    public static string? Find(DebuggerSession session, string file)
    {
        if (Path.IsPathRooted(file) && File.Exists(file))
            return file;
        string[] parts = file.Split('/', '\\');
        List<string> folders = session.Options.SourcePath.Split(';',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToList();
        folders.AddRange(session.Modules.Loaded.Select(m => Path.GetDirectoryName(m.Image.HostPath)).OfType<string>().Distinct());
        foreach (string folder in folders)
            for (int i = 0; i < parts.Length; i++)
                if (Path.Combine(folder, Path.Combine(parts[i..])) is var path && File.Exists(path))
                    return path;
        return null;
    }

    public static string[]? Lines(DebuggerSession session, string file)
    {
        if (Find(session, file) is not { } path || new FileInfo(path).Length > LargestSource)
            return null;
        if (!Kept.TryGetValue(path, out string[]? lines))
            Kept[path] = lines = File.ReadAllLines(path);
        return lines;
    }

    /// <summary><c>  147: code</c> of an address, or null.</summary>
    public static string? LineText(DebuggerSession session, ulong address)
    {
        if (session.Modules.LineAt(address) is not { } line || Lines(session, line.File) is not { } lines || line.Line > lines.Length ||
            line.Line < 1)
            return null;
        return $">{line.Line,5}: {lines[line.Line - 1]}";
    }
}
