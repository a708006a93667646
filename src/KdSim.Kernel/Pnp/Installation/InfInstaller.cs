using System.Collections.Immutable;
using KdSim.Kernel.Cm;

namespace KdSim.Kernel.Pnp.Installation;

/// <summary>A device as its bus names it: where it is in the Enum tree, and by which identifiers drivers find it.</summary>
public sealed record DeviceIdentity(string InstanceId, ImmutableArray<string> HardwareIds, ImmutableArray<string> CompatibleIds);

/// <summary>What an installation changed: registry, files by NT path (to the name of the source file), what it did and could not do.</summary>
public sealed record Installation(Registry Registry, ImmutableSortedDictionary<string, string> Files, ImmutableArray<string> Notes, InfMatch? Match = null);

/// <summary>
/// Installs a device, or an INF's default section, by the rules of SetupAPI: (registry, files) in, (registry, files) out, nothing else
/// touched. So it can run before the machine starts or as a journaled input. Reference: WDK, "INF File Sections and Directives".
/// </summary>
public sealed class InfInstaller
{
    public const string Control = @"\Registry\Machine\SYSTEM\CurrentControlSet";
    const uint AssociatedService = 0x2;

    readonly InfFile _inf;
    readonly List<string> _notes = [];
    Registry _registry;
    ImmutableSortedDictionary<string, string> _files;

    InfInstaller(InfFile inf, Registry registry, ImmutableSortedDictionary<string, string> files) => (_inf, _registry, _files) = (inf, registry, files);

    public static ImmutableSortedDictionary<string, string> NoFiles { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Installs the best driver for a device, or answers null where no INF has one.</summary>
    public static Installation? Install(IEnumerable<InfFile> infs, DeviceIdentity device, Registry registry, ImmutableSortedDictionary<string, string> files)
    {
        InfMatch? match = InfModels.Best(infs, device.HardwareIds, device.CompatibleIds);
        if (match is null) return null;
        var installer = new InfInstaller(match.Model.Inf, registry, files);
        installer.InstallDevice(match, device);
        return new(installer._registry, installer._files, [.. installer._notes], match);
    }

    /// <summary>Processes [DefaultInstall] and its services: filters and legacy drivers that belong to no device.</summary>
    public static Installation InstallDefault(InfFile inf, Registry registry, ImmutableSortedDictionary<string, string> files)
    {
        var installer = new InfInstaller(inf, registry, files);
        string section = installer.Decorated("DefaultInstall")
            ?? throw new InfException(inf.Name, 0, "no [DefaultInstall] section, and no device for its models");
        installer.Process(section, @"\Registry\Machine\SOFTWARE");
        installer.Services(section, device: null);
        return new(installer._registry, installer._files, [.. installer._notes]);
    }

    public static bool HasDefaultInstall(InfFile inf) => new InfInstaller(inf, Registry.Empty, NoFiles).Decorated("DefaultInstall") is not null;

    void InstallDevice(InfMatch match, DeviceIdentity device)
    {
        InfModel model = match.Model;
        string section = Decorated(model.InstallSection)
            ?? throw new InfException(_inf.Name, model.Line, $"the install section [{model.InstallSection}] does not exist");
        string className = _inf.Entry("Version", "Class") ?? "Unknown";
        string classGuid = (_inf.Entry("Version", "ClassGuid") ?? "{4d36e97e-e325-11ce-bfc1-08002be10318}").ToLowerInvariant();

        string instance = $@"{Control}\Enum\{device.InstanceId}";
        string driver = $@"{classGuid}\{NextDriverNumber(classGuid):d4}";
        string software = $@"{Control}\Control\Class\{driver}";
        RegisterClass(className, classGuid);
        _registry = _registry
            .Set(instance, RegistryValue.Text("ClassGUID", classGuid))
            .Set(instance, RegistryValue.Text("Class", className))
            .Set(instance, RegistryValue.Text("DeviceDesc", model.Description))
            .Set(instance, RegistryValue.Text("Mfg", model.Manufacturer))
            .Set(instance, RegistryValue.Text("Driver", driver))
            .Set(instance, RegistryValue.Number("ConfigFlags", 0))
            .Set(software, RegistryValue.Text("DriverDesc", model.Description))
            .Set(software, RegistryValue.Text("ProviderName", _inf.Entry("Version", "Provider") ?? ""))
            .Set(software, RegistryValue.Text("InfPath", _inf.FileName))
            .Set(software, RegistryValue.Text("InfSection", model.InstallSection))
            .Set(software, RegistryValue.Text("InfSectionExt", section[model.InstallSection.Length..]))
            .Set(software, RegistryValue.Text("MatchingDeviceId", match.Id.ToLowerInvariant()))
            .Set(software, RegistryValue.Text("DriverVersion", _inf.Line("Version", "DriverVer") is { } version ? _inf.Text(version, 1) : ""));

        Process(section, software);
        foreach (string edits in Directive(section + ".HW", "AddReg"))
            _registry = InfRegistryEdits.AddReg(_inf, Existing(edits), _registry, instance + @"\Device Parameters", instance);
        foreach (string edits in Directive(section + ".HW", "DelReg"))
            _registry = InfRegistryEdits.DelReg(_inf, Existing(edits), _registry, instance + @"\Device Parameters");
        Services(section, instance);
        foreach (string coInstallers in Directive(section + ".CoInstallers", "AddReg"))
            _notes.Add($"{_inf.Name}: co-installers of [{coInstallers}] are not run: they are user-mode DLLs");
    }

    void RegisterClass(string className, string classGuid)
    {
        string key = $@"{Control}\Control\Class\{classGuid}";
        bool isNew = _registry.Find(key)?.Value("Class") is null;
        _registry = _registry.Set(key, RegistryValue.Text("Class", className));
        if (!isNew || Decorated("ClassInstall32") is not { } section) return;
        foreach (string edits in Directive(section, "AddReg")) _registry = InfRegistryEdits.AddReg(_inf, Existing(edits), _registry, key);
    }

    int NextDriverNumber(string classGuid)
    {
        RegistryNode? node = _registry.Find($@"{Control}\Control\Class\{classGuid}");
        int number = 0;
        while (node is not null && node.Subkeys.ContainsKey($"{number:d4}")) number++;
        return number;
    }

    /// <summary>The directives that an install section and [DefaultInstall] share.</summary>
    void Process(string section, string relative)
    {
        foreach (InfLine line in _inf.Lines(section))
            if (line.Key is { } key && (key.Equals("Include", StringComparison.OrdinalIgnoreCase) || key.Equals("Needs", StringComparison.OrdinalIgnoreCase)))
                _notes.Add($"{_inf.Name}({line.Number}): {key} = {string.Join(", ", line.Fields)}: in-box INF files are not part of this machine");
        foreach (string edits in Directive(section, "DelReg")) _registry = InfRegistryEdits.DelReg(_inf, Existing(edits), _registry, relative);
        foreach (string edits in Directive(section, "AddReg")) _registry = InfRegistryEdits.AddReg(_inf, Existing(edits), _registry, relative);
        foreach (string copies in Directive(section, "CopyFiles")) CopyFiles(copies);
    }

    void CopyFiles(string section)
    {
        if (section.StartsWith('@'))
        {
            CopyFile("", section[1..], section[1..]);
            return;
        }
        foreach (InfLine line in _inf.Lines(Existing(section)))
        {
            // A line of file names has no `=`; what the parser took for a key would be a mistake of the INF's author.
            string target = _inf.Text(line, 0);
            if (target.Length == 0) throw new InfException(_inf.Name, line.Number, $"a file name expected in [{section}]");
            string source = _inf.Text(line, 1);
            CopyFile(section, target, source.Length > 0 ? source : target);
        }
    }

    void CopyFile(string section, string target, string source)
    {
        InfLine? destination = section.Length > 0 ? _inf.Line("DestinationDirs", section) : null;
        destination ??= _inf.Line("DestinationDirs", "DefaultDestDir");
        string folder = destination is null ? Directory("12", 0) : Directory(_inf.Text(destination, 0), destination.Number);
        if (destination is { Fields.Length: > 1 } && _inf.Text(destination, 1) is { Length: > 0 } subfolder) folder += "\\" + subfolder;
        _files = _files.SetItem(folder + "\\" + target, source);
    }

    void Services(string section, string? device)
    {
        foreach (InfLine line in _inf.Lines(section + ".Services"))
        {
            if (!string.Equals(line.Key, "AddService", StringComparison.OrdinalIgnoreCase)) continue;
            (string name, string flags, string install) = (_inf.Text(line, 0), _inf.Text(line, 1), _inf.Text(line, 2));
            uint bits = 0;
            if (flags.Length > 0 && !InfNumber.TryParse(flags, out bits))
                throw new InfException(_inf.Name, line.Number, $"AddService: flags expected as a number, found \"{flags}\"");
            if (name.Length > 0) AddService(name, Existing(install), line.Number);
            if (device is not null && (bits & AssociatedService) != 0) _registry = _registry.Set(device, RegistryValue.Text("Service", name));
        }
    }

    void AddService(string name, string section, int line)
    {
        string key = $@"{Control}\Services\{name}";
        string binary = _inf.Entry(section, "ServiceBinary") ?? throw new InfException(_inf.Name, line, $"[{section}] has no ServiceBinary");
        _registry = _registry
            .Set(key, RegistryValue.Number("Type", Number(section, "ServiceType", 1)))
            .Set(key, RegistryValue.Number("Start", Number(section, "StartType", 3)))
            .Set(key, RegistryValue.Number("ErrorControl", Number(section, "ErrorControl", 1)))
            .Set(key, RegistryValue.Text("ImagePath", ImagePath(binary, line), RegistryValueType.ExpandString));
        if (_inf.Entry(section, "DisplayName") is { } display) _registry = _registry.Set(key, RegistryValue.Text("DisplayName", display));
        if (_inf.Entry(section, "LoadOrderGroup") is { } group) _registry = _registry.Set(key, RegistryValue.Text("Group", group));
        foreach (string edits in Directive(section, "DelReg")) _registry = InfRegistryEdits.DelReg(_inf, Existing(edits), _registry, key);
        foreach (string edits in Directive(section, "AddReg")) _registry = InfRegistryEdits.AddReg(_inf, Existing(edits), _registry, key);
    }

    uint Number(string section, string entry, uint missing)
    {
        if (_inf.Line(section, entry) is not { } line) return missing;
        string text = _inf.Text(line, 0);
        return InfNumber.TryParse(text, out uint value)
            ? value
            : throw new InfException(_inf.Name, line.Number, $"{entry}: a number expected, found \"{text}\"");
    }

    string ImagePath(string binary, int line)
    {
        if (!binary.StartsWith('%') || binary.IndexOf('%', 1) is not (> 0 and int end)) return binary;
        return Directory(binary[1..end], line) + binary[(end + 1)..];
    }

    /// <summary>Directory numbers (WDK, "Using Dirids") as NT paths.</summary>
    string Directory(string number, int line) => number switch
    {
        "10" => @"\SystemRoot",
        "11" => @"\SystemRoot\System32",
        "12" => @"\SystemRoot\System32\drivers",
        "13" => @"\SystemRoot\System32\DriverStore",
        "17" => @"\SystemRoot\INF",
        "18" => @"\SystemRoot\Help",
        "20" => @"\SystemRoot\Fonts",
        "24" or "30" => @"\??\C:",
        "01" or "1" => @"\??\C:\Source",
        "16422" => @"\??\C:\Program Files",
        "16427" => @"\??\C:\Program Files\Common Files",
        _ => throw new InfException(_inf.Name, line, $"the directory number {number} is not known"),
    };

    /// <summary>The section that this machine uses: name.NTamd64, name.NT, or the name itself.</summary>
    string? Decorated(string name)
    {
        foreach (string candidate in new[] { name + ".NTamd64", name + ".NT", name })
            if (_inf.Find(candidate) is not null) return candidate;
        return null;
    }

    /// <summary>All fields of all `directive = a, b` lines of a section.</summary>
    IEnumerable<string> Directive(string section, string directive)
    {
        foreach (InfLine line in _inf.Lines(section))
            if (string.Equals(line.Key, directive, StringComparison.OrdinalIgnoreCase))
                for (int i = 0; i < line.Fields.Length; i++)
                    if (_inf.Text(line, i) is { Length: > 0 } field)
                        yield return field;
    }

    string Existing(string section)
    {
        if (_inf.Find(section) is null) throw new InfException(_inf.Name, 0, $"the section [{section}] is named but does not exist");
        return section;
    }
}
