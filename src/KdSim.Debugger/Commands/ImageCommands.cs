using System.Text;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Symbols.Pe;

namespace KdSim.Debugger.Commands;

/// <summary><c>!lmi</c>: what the debugger knows of a module and its symbols.</summary>
[Command("!lmi", "!lmi module", "Show a module and where its symbols come from", Example = "!lmi pulse")]
public sealed class ModuleInformation : TextCommand
{
    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        DebuggedModule module = ImageHeaders.Find(session, arguments.Text);
        PeImage? image = ListModules.Mapped(session, module.Image);
        StringBuilder text = new($"Loaded Module Info: [{arguments.Text}] \n");
        void Row(string name, string value) => text.Append($"{name,15}: {value}\n");
        Row("Module", module.Name);
        Row("Base Address", module.Base.ToString("x16"));
        Row("Image Name", module.Image.ImageName);
        Row("Machine Type", "34404 (X64)");
        Row("Time Stamp", ListModules.Stamp(session, module.Image));
        Row("Size", module.Image.Size.ToString("x"));
        Row("CheckSum", module.Image.CheckSum.ToString("x"));
        if (image is not null)
        {
            Row("Characteristics", image.FileCharacteristics.ToString("x"));
            if (image.ReadCodeView() is { } codeView)
            {
                text.Append("Debug Data Dirs: Type  Size     VA  Pointer\n");
                foreach (DebugEntry entry in image.ReadDebugEntries().Where(e => e.Type == DebugEntry.CodeViewType))
                    text.Append($"             CODEVIEW  {entry.Size,4:x}, {entry.Rva,5:x}, {entry.FileOffset,7:x} ")
                        .Append($"RSDS - GUID: {{{codeView.Guid.ToString().ToUpperInvariant()}}}\n");
                text.Append($"               Age: {codeView.Age}, Pdb: {codeView.PdbName}\n");
            }
        }
        Row("Image Type", image is null ? "NONE     - The image's headers cannot be read." : "MEMORY   - Image read successfully from loaded memory.");
        bool found = module.Symbols.Path.Length > 0;
        Row("Symbol Type", found ? "PDB      - Symbols loaded successfully."
            : $"{(module.Symbols.Status == "export symbols" ? "EXPORT " : "NONE   ")}  - {module.Symbols.Status}.");
        if (found)
            text.Append($"                 {module.Symbols.Path}\n");
        if (module.Complaint.Length > 0)
            text.Append($"                 {module.Complaint}\n");
        Row("Load Report", module.Symbols.Status == "private pdb symbols" ? "private symbols & lines" : found ? "public symbols" : module.Symbols.Status);
        yield return new Text(text.ToString());
    }
}

/// <summary><c>!dh</c>: the headers of an image, from memory.</summary>
[Command("!dh", "!dh [-a|-f|-s] module|address", "Show the headers of an image", Example = "!dh -s pulse")]
public sealed class ImageHeaders : TextCommand
{
    static readonly (ushort Bit, string Text)[] FileFlags =
    [
        (1, "Relocations stripped"), (2, "Executable"), (0x20, "App can handle >2gb addresses"), (0x100, "32 bit word machine"), (0x1000, "System"),
        (0x2000, "DLL"),
    ];

    static readonly (ushort Bit, string Text)[] DllFlags =
    [
        (0x20, "High entropy VA supported"), (0x40, "Dynamic base"), (0x80, "Force integrity"), (0x100, "NX compatible"), (0x400,
            "No structured exception handler"),
        (0x2000, "WDM driver"), (0x4000, "Guard"), (0x8000, "Terminal server aware"),
    ];

    static readonly string[] DirectoryNames =
    [
        "Export", "Import", "Resource", "Exception", "Security", "Base Relocation", "Debug", "Description", "Special", "Thread Storage",
        "Load Configuration", "Bound Import", "Import Address Table", "Delay Import", "COR20 Header", "Reserved",
    ];

    /// <summary>The module of a name, or at an address.</summary>
    public static DebuggedModule Find(DebuggerSession session, string text) => text.Length == 0 ? throw new CommandException("A module is expected")
        : session.Modules.Named(text) ?? session.Modules.At(session.Evaluate(text)) ?? throw new CommandException($"No module is loaded at '{text}'");

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ArgumentReader reader = new(arguments.Name, arguments.Text);
        bool file = false, sections = false;
        while (reader.Switch() is { } option)
        {
            file |= option is "-f" or "-a";
            sections |= option is "-s" or "-a";
        }
        if (!file && !sections)
            file = sections = true;
        DebuggedModule module = Find(session, reader.Rest());
        PeImage image = ListModules.Mapped(session, module.Image) ?? throw new CommandException($"The headers of {module.Name} cannot be read");
        if (file)
            yield return new Text(Headers(session, module, image));
        if (sections)
            yield return new Text(Sections(image));
    }

    static string Headers(DebuggerSession session, DebuggedModule module, PeImage image)
    {
        StringBuilder text = new($"\nFile Type: {((image.FileCharacteristics & 0x2000) != 0 ? "DLL" : "EXECUTABLE IMAGE")}\nFILE HEADER VALUES\n");
        void Row(string value, string name) => text.Append($"{value,8} {name}\n");
        void Flags(ushort value, (ushort Bit, string Text)[] names)
        {
            foreach ((ushort bit, string name) in names)
                if ((value & bit) != 0)
                    text.Append($"            {name}\n");
        }
        Row("8664", "machine (X64)");
        Row(image.Sections.Count.ToString("X"), "number of sections");
        Row(image.TimeDateStamp.ToString("X"), $"time date stamp {ListModules.Stamp(session, module.Image)}");
        Row(image.FileCharacteristics.ToString("X"), "characteristics");
        Flags(image.FileCharacteristics, FileFlags);
        text.Append("\nOPTIONAL HEADER VALUES\n");
        Row("20B", "magic #");
        Row(image.EntryPointRva.ToString("X"), "address of entry point");
        text.Append($"{image.ImageBase:x16} image base\n");
        Row(image.SectionAlignment.ToString("X"), "section alignment");
        Row(image.FileAlignment.ToString("X"), "file alignment");
        Row(image.Subsystem.ToString("X"), $"subsystem ({image.Subsystem switch { 1 => "Native", 2 => "Windows GUI", 3 => "Windows CUI", _ => "Unknown" }})");
        Row(image.OperatingSystemVersion.ToString(2), "operating system version");
        Row(image.ImageVersion.ToString(2), "image version");
        Row(image.SubsystemVersion.ToString(2), "subsystem version");
        Row(image.SizeOfImage.ToString("X"), "size of image");
        Row(image.SizeOfHeaders.ToString("X"), "size of headers");
        Row(image.CheckSum.ToString("X"), "checksum");
        Row(image.DllCharacteristics.ToString("X"), "DLL characteristics");
        Flags(image.DllCharacteristics, DllFlags);
        for (int i = 0; i < DirectoryNames.Length; i++)
        {
            DirectoryEntry entry = image.Directory((PeDirectory)i);
            text.Append($"{entry.Rva,8:X} [{entry.Size,8:X}] address [size] of {DirectoryNames[i]} Directory\n");
        }
        return text.Append('\n').ToString();
    }

    static string Sections(PeImage image)
    {
        StringBuilder text = new();
        for (int i = 0; i < image.Sections.Count; i++)
        {
            PeSection section = image.Sections[i];
            text.Append($"\nSECTION HEADER #{i + 1:X}\n{section.Name,8} name\n{section.VirtualSize,8:X} virtual size\n{section.Rva,8:X} virtual address\n" +
                $"{section.RawSize,8:X} size of raw data\n{section.RawOffset,8:X} file pointer to raw data\n{(uint)section.Characteristics,8:X} flags\n");
            foreach ((SectionCharacteristics bit, string name) in new (SectionCharacteristics, string)[]
            {
                (SectionCharacteristics.Code, "Code"), (SectionCharacteristics.InitializedData, "Initialized Data"),
                (SectionCharacteristics.UninitializedData, "Uninitialized Data"), (SectionCharacteristics.Discardable, "Discardable"),
                (SectionCharacteristics.NotPaged, "Not Paged"), (SectionCharacteristics.Shared, "Shared"),
            })
                if (section.Characteristics.HasFlag(bit))
                    text.Append($"         {name}\n");
            bool executes = section.Characteristics.HasFlag(SectionCharacteristics.Execute),
                writes = section.Characteristics.HasFlag(SectionCharacteristics.Write);
            text.Append($"         {(executes ? "Execute " : "")}Read{(writes ? " Write" : executes ? "" : " Only")}\n");
        }
        return text.ToString();
    }
}

/// <summary><c>.imgscan</c>: images in memory, whether they are in the list of modules or not.</summary>
[Command(".imgscan", ".imgscan [/l] [/v] [/r range]", "Look for images in memory", Example = ".imgscan /r pulse L7000")]
public sealed class ScanForImages : TextCommand
{
    const ulong PageSize = 0x1000;

    protected override IEnumerable<Node> Run(TextArguments arguments, DebuggerSession session)
    {
        ArgumentReader reader = new(arguments.Name, arguments.Text);
        string? range = null;
        while (reader.Switch() is { } option)
            if (option == "/r")
                range = reader.Rest();
            else if (option is not ("/l" or "/v"))
                throw arguments.Wrong("Syntax", 1);
        reader.End();
        // Without a range the part of the address space that modules lie in: a megabyte around each.
        IEnumerable<(ulong Start, ulong End)> ranges = range is null
            ? session.Modules.Loaded.Select(m => (m.Base & ~(ulong)0xFFFFF, (m.Image.End | 0xFFFFF) + 1)).Distinct()
            : [Range(session, range)];
        HashSet<ulong> seen = [];
        byte[] magic = new byte[2];
        foreach ((ulong start, ulong end) in ranges)
            for (ulong page = start & ~(PageSize - 1); page < end; page += PageSize)
            {
                session.Cancellation.ThrowIfCancellationRequested();
                if (session.Read(page, magic) != 2 || magic[0] != 'M' || magic[1] != 'Z' || !seen.Add(page) || ImageAt(session, page) is not { } image)
                    continue;
                string name = session.Modules.At(page) is { } module ? module.Image.ImageName : image.ReadExports()?.DllName ?? "<not in the list of modules>";
                yield return new Line(new Text($"MZ at {Addresses.Accent(page)} - size {image.SizeOfImage:x}"));
                yield return new Line(new Text($"  Name: {name}"));
            }
    }

    static (ulong, ulong) Range(DebuggerSession session, string text)
    {
        Language.AddressRange range = Language.AddressRange.Parse(session, text, 1, 0, out _);
        return (range.Start, range.Start + range.Length);
    }

    static PeImage? ImageAt(DebuggerSession session, ulong address)
    {
        try
        {
            return PeImage.FromMemory(session.Loader.Read, address, "image");
        }
        catch (BadImageException)
        {
            return null;
        }
    }
}
