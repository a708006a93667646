using System.Collections.Immutable;
using System.Text;

namespace KdSim.Kernel.Pnp.Installation;

/// <summary>A mistake in an INF file: which file, which line, what was expected.</summary>
public sealed class InfException(string file, int line, string problem) : Exception(line > 0 ? $"{file}({line}): {problem}" : $"{file}: {problem}")
{
    public string File { get; } = file;
    public int Line { get; } = line;
}

/// <summary>One line of a section: the key before `=` (null where there is none) and the fields after it, strings not yet replaced.</summary>
public sealed record InfLine(string? Key, ImmutableArray<string> Fields, int Number)
{
    public string Field(int index) => index < Fields.Length ? Fields[index] : "";
}

/// <summary>A section: all lines of all its pieces, since an INF may open a section several times.</summary>
public sealed record InfSection(string Name, ImmutableArray<InfLine> Lines);

/// <summary>
/// An INF file as text and nothing more: sections of lines of fields, with quotes, comments, continued lines and %strings% resolved.
/// What the sections mean is <see cref="InfInstaller"/>'s. Reference: WDK, "General Syntax Rules for INF Files".
/// </summary>
public sealed class InfFile
{
    const int MostBytes = 4 << 20;

    readonly Dictionary<string, InfSection> _sections = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<string, string> _strings = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>As the host knows it, for messages.</summary>
    public string Name { get; }

    /// <summary>What the guest knows: nothing in the machine depends on where the file lies on the host.</summary>
    public string FileName => Path.GetFileName(Name);

    InfFile(string name) => Name = name;

    public InfSection? Find(string section) => _sections.GetValueOrDefault(section);

    /// <summary>The lines of a section, or none.</summary>
    public ImmutableArray<InfLine> Lines(string section) => Find(section)?.Lines ?? [];

    /// <summary>The names of all sections, in ordinal order.</summary>
    public IEnumerable<string> SectionNames => _sections.Keys.Order(StringComparer.OrdinalIgnoreCase);

    /// <summary>The first field of `key = ...` in a section, %strings% replaced; null where there is no such line.</summary>
    public string? Entry(string section, string key) => Line(section, key) is { } line ? Text(line, 0) : null;

    public InfLine? Line(string section, string key)
    {
        foreach (InfLine line in Lines(section))
            if (line.Key is { } name && Replace(name, line.Number).Equals(key, StringComparison.OrdinalIgnoreCase)) return line;
        return null;
    }

    /// <summary>A field with its %strings% replaced.</summary>
    public string Text(InfLine line, int field) => Replace(line.Field(field), line.Number);

    /// <summary>Replaces %name% from [Strings]; %% is a percent sign; a directory number such as %12% stays as it is.</summary>
    public string Replace(string text, int line)
    {
        if (!text.Contains('%')) return text;
        var result = new StringBuilder();
        for (int i = 0; i < text.Length;)
        {
            if (text[i] != '%')
            {
                result.Append(text[i++]);
                continue;
            }
            int end = text.IndexOf('%', i + 1);
            if (end < 0) throw new InfException(Name, line, $"'%' without a closing '%' in \"{text}\"");
            string name = text[(i + 1)..end];
            if (name.Length == 0) result.Append('%');
            else if (_strings.TryGetValue(name, out string? value)) result.Append(value);
            else if (name.All(char.IsAsciiDigit)) result.Append('%').Append(name).Append('%');
            else throw new InfException(Name, line, $"the string %{name}% is not defined in [Strings]");
            i = end + 1;
        }
        return result.ToString();
    }

    /// <summary>Reads an INF from its bytes (UTF-16 or UTF-8 with their marks, else 8-bit) .</summary>
    /// <exception cref="InfException">The text breaks a rule of the format.</exception>
    public static InfFile Parse(string name, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MostBytes) throw new InfException(name, 0, $"{bytes.Length} bytes; an INF has at most {MostBytes}");
        return Parse(name, Decode(bytes));
    }

    public static InfFile Parse(string name, string text)
    {
        if (text.Contains('\0')) throw new InfException(name, 0, "this is not a text file: expected an INF with a [Version] section");
        var file = new InfFile(name);
        file.ReadSections(text);
        file.ReadStrings();
        if (file.Find("Version") is null) throw new InfException(name, 0, "no [Version] section");
        string? signature = file.Entry("Version", "Signature");
        if (signature is null || !Signatures.Contains(signature, StringComparer.OrdinalIgnoreCase))
            throw new InfException(name, file.Line("Version", "Signature")?.Number ?? 0,
                $"Signature is {(signature is null ? "missing" : $"\"{signature}\"")}; expected \"$Windows NT$\"");
        return file;
    }

    static readonly string[] Signatures = ["$Windows NT$", "$Chicago$", "$Windows 95$"];

    static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])) return Encoding.Unicode.GetString(bytes[2..]);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) return Encoding.UTF8.GetString(bytes[3..]);
        return Encoding.Latin1.GetString(bytes);
    }

    void ReadSections(string text)
    {
        var pieces = new Dictionary<string, ImmutableArray<InfLine>.Builder>(StringComparer.OrdinalIgnoreCase);
        ImmutableArray<InfLine>.Builder? current = null;
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            int number = i + 1;
            string line = WithoutComment(lines[i]);
            while (line.EndsWith('\\') && i + 1 < lines.Length)
                line = line[..^1] + " " + WithoutComment(lines[++i]).TrimStart();
            if (line.Length == 0) continue;
            if (line[0] == '[')
            {
                int end = line.IndexOf(']');
                if (end < 0) throw new InfException(Name, number, "']' expected at the end of the section name");
                string section = line[1..end].Trim();
                if (!pieces.TryGetValue(section, out current)) pieces.Add(section, current = ImmutableArray.CreateBuilder<InfLine>());
                continue;
            }
            if (current is null) throw new InfException(Name, number, $"[Section] expected, found \"{Shorten(line)}\"");
            current.Add(ReadLine(line, number));
        }
        foreach ((string section, ImmutableArray<InfLine>.Builder content) in pieces)
            _sections.Add(section, new InfSection(section, content.ToImmutable()));
    }

    static string Shorten(string line) => line.Length <= 40 ? line : line[..40] + "...";

    static string WithoutComment(string line)
    {
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"') quoted = !quoted;
            else if (line[i] == ';' && !quoted) return line[..i].Trim();
        }
        return line.Trim();
    }

    InfLine ReadLine(string line, int number)
    {
        string? key = null;
        var fields = ImmutableArray.CreateBuilder<string>();
        var field = new StringBuilder();
        bool quoted = false, wasQuoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (quoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < line.Length && line[i + 1] == '"') field.Append(line[++i]);
                else quoted = false;
            }
            else if (c == '"')
            {
                if (!wasQuoted && string.IsNullOrWhiteSpace(field.ToString())) field.Clear();
                quoted = wasQuoted = true;
            }
            else if (c == '=' && key is null && fields.Count == 0)
            {
                key = Take();
            }
            else if (c == ',')
            {
                fields.Add(Take());
            }
            else if (!(wasQuoted && char.IsWhiteSpace(c)))
            {
                field.Append(c);
            }
        }
        if (quoted) throw new InfException(Name, number, "the string has no closing '\"'");
        if (field.Length > 0 || wasQuoted || fields.Count > 0) fields.Add(Take());
        return new InfLine(key, fields.ToImmutable(), number);

        string Take()
        {
            string result = wasQuoted ? field.ToString() : field.ToString().Trim();
            field.Clear();
            wasQuoted = false;
            return result;
        }
    }

    void ReadStrings()
    {
        // The undecorated section is the default language; Strings.0409 adds what it lacks.
        foreach (string section in new[] { "Strings", "Strings.0409", "Strings.0009" })
            foreach (InfLine line in Lines(section))
                if (line.Key is { } key)
                    _strings.TryAdd(key, line.Field(0));
    }
}
