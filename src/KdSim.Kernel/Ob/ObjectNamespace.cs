using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>What a path led to. <see cref="Remaining"/> is what a parse procedure gets: pool of its own, freed by who looked up.</summary>
public readonly record struct NameLookup(NtStatus Status, ulong Object, ulong Directory, UNICODE_STRING Remaining);

/// <summary>Names of objects: the directories that exist from boot on, paths, symbolic links. PASSIVE_LEVEL.</summary>
public sealed class ObjectNamespace(NtKernel kernel) : KernelComponent(kernel)
{
    private const int MaxLinks = 32;

    internal void Initialize()
    {
        Kernel.Objects.Initialize();
        Kernel.ObjectTypes.Initialize();
        ulong root = Kernel.Objects.Allocate(ObjectKind.Directory, OBJECT_DIRECTORY.SizeOf, "");
        MakePermanent(root);
        Memory.WriteU64(Kernel.Data(Datum.ObpRootDirectoryObject), root);
        foreach (string name in (ReadOnlySpan<string>)["ObjectTypes", "Device", "Driver", "FileSystem", "GLOBAL??", "BaseNamedObjects", "Callback",
                     "KernelObjects", "Security", "Sessions"])
            CreateDirectory(root, name);
        CreateLink(root, "??", "\\GLOBAL??");
        CreateLink(root, "DosDevices", "\\??");
        CreateLink(Kernel.ObjectDirectories.Find(root, "GLOBAL??", false), "GLOBALROOT", "\\");
        CreateLink(Kernel.ObjectDirectories.Find(root, "GLOBAL??", false), "Global", "\\GLOBAL??");
        CreateLink(root, "SystemRoot", "\\Device\\BootDevice\\Windows");
        ulong types = Kernel.ObjectDirectories.Find(root, "ObjectTypes", false);
        for (ObjectKind kind = ObjectKind.Type; kind <= ObjectKind.File; kind++)
            Kernel.ObjectDirectories.Insert(types, Kernel.ObjectTypes.Of(kind).Address);
    }

    /// <summary>
    /// Walks a path from the root or from a directory. Stops at an object whose type parses the rest itself. No reference is taken.
    /// Where only the last part is missing, <see cref="NameLookup.Directory"/> is where it would stand.
    /// </summary>
    public NameLookup Lookup(string path, ulong from = 0, bool ignoreCase = true)
    {
        string rest = path;
        ulong at = from != 0 ? from : Kernel.ObjectDirectories.Root;
        if (from == 0)
        {
            if (rest.Length == 0 || rest[0] != '\\')
                return new(NtStatus.ObjectPathSyntaxBad, 0, 0, default);
            rest = rest[1..];
        }
        for (int links = 0; rest.Length != 0;)
        {
            if (Kernel.ObjectTypes.KindOf(at) != ObjectKind.Directory)
                return Parsed(at, rest);
            int end = rest.IndexOf('\\');
            string part = end < 0 ? rest : rest[..end];
            if (part.Length == 0)
                return new(NtStatus.ObjectNameInvalid, 0, 0, default);
            ulong next = Kernel.ObjectDirectories.Find(at, part, ignoreCase);
            if (next == 0)
                return end < 0 ? new(NtStatus.ObjectNameNotFound, 0, at, default) : new(NtStatus.ObjectPathNotFound, 0, 0, default);
            string behind = end < 0 ? "" : rest[end..];
            if (Kernel.ObjectTypes.KindOf(next) == ObjectKind.SymbolicLink)
            {
                if (++links > MaxLinks)
                    return new(NtStatus.ObjectNameInvalid, 0, 0, default);
                rest = (TargetOf(next).TrimEnd('\\') + behind).TrimStart('\\');
                at = Kernel.ObjectDirectories.Root;
                continue;
            }
            at = next;
            rest = Kernel.ObjectTypes.KindOf(next) == ObjectKind.Directory ? behind.TrimStart('\\') : behind;
            if (rest.Length != 0 && Kernel.ObjectTypes.KindOf(next) != ObjectKind.Directory)
                return Parsed(at, rest);
        }
        return new(NtStatus.Success, at, 0, default);
    }

    /// <summary>Looks up without following a link that the whole path names, for opening and deleting links.</summary>
    public NameLookup LookupLink(string path, ulong from = 0)
    {
        int split = path.LastIndexOf('\\');
        NameLookup parent = split > 0 ? Lookup(path[..split], from) : new(NtStatus.Success, from != 0 ? from : Kernel.ObjectDirectories.Root, 0, default);
        if (!parent.Status.IsSuccess)
        {
            Kernel.Objects.FreeString(parent.Remaining);
            return new(parent.Status == NtStatus.ObjectNameNotFound ? NtStatus.ObjectPathNotFound : parent.Status, 0, 0, default);
        }
        if (Kernel.ObjectTypes.KindOf(parent.Object) != ObjectKind.Directory)
        {
            Kernel.Objects.FreeString(parent.Remaining);
            return new(NtStatus.ObjectPathNotFound, 0, 0, default);
        }
        ulong found = Kernel.ObjectDirectories.Find(parent.Object, path[(split + 1)..], ignoreCase: true);
        return found != 0 ? new(NtStatus.Success, found, parent.Object, default) : new(NtStatus.ObjectNameNotFound, 0, parent.Object, default);
    }

    /// <summary>The directory and the last part of a path under which a new object is to stand; the directory 0 and a status if that is not possible.</summary>
    public (NtStatus Status, ulong Directory, string Name) PlaceFor(string path, ulong from = 0)
    {
        NameLookup found = LookupLink(path, from);
        if (found.Status.IsSuccess)
            return (NtStatus.ObjectNameCollision, 0, "");
        return found.Directory == 0 ? (found.Status, 0, "") : (NtStatus.Success, found.Directory, path[(path.LastIndexOf('\\') + 1)..]);
    }

    public ulong CreateDirectory(ulong parent, string name)
    {
        ulong body = Kernel.Objects.Allocate(ObjectKind.Directory, OBJECT_DIRECTORY.SizeOf, name);
        Kernel.ObjectDirectories.Insert(parent, body);
        MakePermanent(body);
        return body;
    }

    public ulong CreateLink(ulong directory, string name, string target)
    {
        ulong body = Kernel.Objects.Allocate(ObjectKind.SymbolicLink, OBJECT_SYMBOLIC_LINK.SizeOf, name);
        View<OBJECT_SYMBOLIC_LINK> link = new(body);
        link.LinkTarget = Kernel.Objects.NewString(target);
        Kernel.ObjectDirectories.Insert(directory, body);
        MakePermanent(body);
        return body;
    }

    /// <summary>The object keeps a reference of its own for as long as it is permanent: the one that Allocate gave.</summary>
    public static void MakePermanent(ulong body)
    {
        View<OBJECT_HEADER> header = Objects.HeaderOf(body);
        header.PermanentObject = true;
    }

    /// <summary>The path of an object; empty for an unnamed one.</summary>
    public string PathOf(ulong body)
    {
        string path = "";
        for (int depth = 0; depth < MaxLinks; depth++)
        {
            View<OBJECT_HEADER_NAME_INFO> info = Objects.NameInfoOf(body);
            if (body == Kernel.ObjectDirectories.Root)
                return path.Length == 0 ? "\\" : path;
            if (info.IsNull || info.Name.Length == 0)
                return path;
            path = "\\" + Kernel.Objects.ReadName(info.Name) + path;
            if (info.Directory.IsNull)
                return path;
            body = info.Directory;
        }
        return path;
    }

    public string TargetOf(ulong link) => Kernel.Objects.ReadName(new View<OBJECT_SYMBOLIC_LINK>(link).LinkTarget);

    private NameLookup Parsed(ulong body, string rest) =>
        Kernel.ObjectTypes.Of(Kernel.ObjectTypes.KindOf(body)).TypeInfo.ParseProcedure == 0
            ? new(NtStatus.ObjectTypeMismatch, 0, 0, default)
            : new(NtStatus.Success, body, 0, Kernel.Objects.NewString(rest.StartsWith('\\') ? rest : "\\" + rest));
}
