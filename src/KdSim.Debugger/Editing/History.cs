namespace KdSim.Debugger.Editing;

/// <summary>Lines that were typed, oldest first; a line that follows itself is kept once.</summary>
public sealed class History(int most = 1000)
{
    readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(string line)
    {
        if (line.Trim().Length == 0 || _lines.Count > 0 && _lines[^1] == line)
            return;
        _lines.Add(line);
        if (_lines.Count > most)
            _lines.RemoveRange(0, _lines.Count - most);
    }

    /// <summary>The newest line before an index that holds a text; -1 when there is none.</summary>
    public int FindBefore(int index, string text)
    {
        for (int i = Math.Min(index, _lines.Count) - 1; i >= 0; i--)
            if (_lines[i].Contains(text, StringComparison.OrdinalIgnoreCase))
                return i;
        return -1;
    }

    /// <summary>Reads lines that <see cref="Save"/> wrote; a file that cannot be read is as if it were empty.</summary>
    public void Load(string path)
    {
        try
        {
            if (File.Exists(path))
                foreach (string line in File.ReadLines(path))
                    Add(line.Replace('\u2028', '\n'));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Writes the lines, one a line: a line end inside one stands as U+2028.</summary>
    public void Save(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllLines(path, _lines.Select(l => l.Replace('\n', '\u2028')));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
        }
    }
}
