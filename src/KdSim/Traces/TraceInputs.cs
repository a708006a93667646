using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using KdSim.CommandLine;
using KdSim.Machine.Snapshots;
using KdSim.Machines;
using KdSim.Recording;
using KdSim.Tracing.Etl.Decoding;
using KdSim.Tracing.Etl.Providers;
using KdSim.Tracing.Etl.Reading;

namespace KdSim.Traces;

/// <summary>What a trace says of the run that it recorded: the machine, its files and inputs.</summary>
sealed class TraceInputs
{
    readonly Dictionary<string, EmbeddedText> _files = [];
    readonly List<JournalEntry> _journal = [];

    sealed class EmbeddedText
    {
        public required string Name, Sha256;
        public required EmbeddedKind Kind;
        public required EmbeddedEncoding Encoding;
        public readonly StringBuilder Text = new();

        public byte[] Bytes => Encoding == EmbeddedEncoding.Base64
            ? Convert.FromBase64String(Text.ToString()) : System.Text.Encoding.UTF8.GetBytes(Text.ToString());
    }

    public string Profile { get; private set; } = "";

    public uint SchemaVersion { get; private set; }

    public uint CostTableVersion { get; private set; }

    /// <summary>The machine file's text; null: the trace has none.</summary>
    public string? MachineFile => _files.Values.FirstOrDefault(file => file.Kind == EmbeddedKind.MachineFile)?.Text.ToString();

    /// <summary>SHA-256 by file name.</summary>
    public Dictionary<string, string> Images { get; } = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<JournalEntry> Journal => _journal;

    /// <exception cref="UsageException">An embedded file is not what its hash says.</exception>
    public static TraceInputs Read(EtlFile file)
    {
        var inputs = new TraceInputs();
        EventDecoder decoder = EventDecoder.Of(file);
        foreach (EventRecord record in file.InTimeOrder())
            if (record.Provider == KdSimProvider.Provider.Guid && (record.Keyword & (ulong)KdSimKeywords.Recording) != 0)
                inputs.Add(decoder.Describe(record).Name, RecordedMessages.Fields(record, decoder.Describe(record)).ToDictionary());
        foreach (EmbeddedText embedded in inputs._files.Values)
            if (Hash(embedded.Bytes) != embedded.Sha256)
                throw new UsageException($"{file.Name}: the embedded {embedded.Name} is damaged: its SHA-256 is not the recorded one");
        return inputs;
    }

    /// <summary>The bytes of an embedded file by its name.</summary>
    public byte[]? Find(string name) => _files.Values.FirstOrDefault(file => file.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Bytes;

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    void Add(string name, Dictionary<string, string> fields)
    {
        switch (name)
        {
            case "Recording":
                (Profile, SchemaVersion, CostTableVersion) = (fields["Profile"], Number(fields, "SchemaVersion"), Number(fields, "CostTableVersion"));
                break;
            case "EmbeddedFile":
                _files[fields["File"]] = new EmbeddedText
                {
                    Name = fields["Name"], Sha256 = fields["Sha256"], Kind = Enum.Parse<EmbeddedKind>(fields["Kind"]),
                    Encoding = Enum.Parse<EmbeddedEncoding>(fields["Encoding"]),
                };
                break;
            case "EmbeddedChunk" when _files.TryGetValue(fields["File"], out EmbeddedText? file):
                file.Text.Append(fields["Content"]);
                break;
            case "ImageHash":
                Images[fields["Name"]] = fields["Sha256"];
                break;
            case "Input":
                _journal.Add(new JournalEntry(ulong.Parse(fields["Time"], CultureInfo.InvariantCulture) * KdSim.Machine.Time.Ticks.PerNanosecond,
                    ulong.Parse(fields["Position"], CultureInfo.InvariantCulture), fields["Kind"], Convert.FromBase64String(fields["Data"])));
                break;
        }
    }

    static uint Number(Dictionary<string, string> fields, string name) => uint.Parse(fields[name], CultureInfo.InvariantCulture);
}

/// <summary>The files of a machine from a trace: texts are embedded, images are looked for by name and hash.</summary>
sealed class TraceFiles(TraceInputs inputs, IReadOnlyList<string> folders) : HostFiles
{
    public override bool Exists(string path) => inputs.Find(Path.GetFileName(path)) is not null || inputs.Images.ContainsKey(Path.GetFileName(path));

    public override string Find(string path)
    {
        string name = Path.GetFileName(path);
        if (!inputs.Images.TryGetValue(name, out string? hash)) return path;
        foreach (string candidate in folders.Select(folder => Path.Combine(folder, name)).Where(File.Exists))
            if (TraceInputs.Hash(File.ReadAllBytes(candidate)) == hash)
                return candidate;
        throw new UsageException($"{name} with SHA-256 {hash} is in none of {string.Join(", ", folders)} (-i names more folders)");
    }

    protected override byte[] Load(string path) => inputs.Find(Path.GetFileName(path)) ?? base.Load(Find(path));
}
