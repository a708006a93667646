using KdSim.Kernel.Ob;
using KdSim.Kernel.Ps;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>Keys by handle: opening, creating, deleting, looking at them. Registry callbacks are called around each. PASSIVE_LEVEL.</summary>
public sealed class KeyRoutines(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint OptionVolatile = 1, OptionCreateLink = 2, OpenLink = 0x100;
    private const uint CreatedNewKey = 1, OpenedExistingKey = 2;
    private const NtStatus CannotDelete = (NtStatus)0xC000_0121;
    private const uint AccessDelete = 0x10000, AccessEnumerate = 8, AccessQuery = 1;

    [NtExport("ZwOpenKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwOpenKey(Ptr<ulong> KeyHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes) =>
        await Open(KeyHandle, DesiredAccess, ObjectAttributes);

    [NtExport("ZwOpenKeyEx", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwOpenKeyEx(Ptr<ulong> KeyHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes, uint OpenOptions) =>
        await Open(KeyHandle, DesiredAccess, ObjectAttributes);

    /// <summary>Opens the key, or creates it below one that exists.</summary>
    [NtExport("ZwCreateKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwCreateKey(Ptr<ulong> KeyHandle, uint DesiredAccess, Ptr<OBJECT_ATTRIBUTES> ObjectAttributes, uint TitleIndex,
        Ptr<UNICODE_STRING> Class, uint CreateOptions, Ptr<uint> Disposition)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        if ((CreateOptions & OptionCreateLink) != 0)
            return NtStatus.NotSupported; // Symbolic links of the registry come from its initial content only.
        NtStatus status = await Kernel.RegistryCallbacks.BeforeOpen(
            RegistryOperation.PreCreateKeyEx, notice, ObjectAttributes, DesiredAccess, CreateOptions, Class, Disposition);
        if (!RegistryCallbacks.Proceeds(status))
            return RegistryCallbacks.Answer(status);
        status = CreateNode(ObjectAttributes, Class, CreateOptions, out int key, out bool created, out uint attributes);
        if (status.IsSuccess)
        {
            status = await Kernel.ObjectRoutines.MakeHandle(Kernel.KeyObjects.Create(key), ObjectKind.Key, DesiredAccess, attributes, 0, KeyHandle);
            if (!Disposition.IsNull)
                Disposition.Write(created ? CreatedNewKey : OpenedExistingKey);
        }
        status = await Kernel.RegistryCallbacks.AfterOpen(RegistryOperation.PostCreateKeyEx, notice, KeyHandle, status);
        return status;
    }

    [NtExport("ZwDeleteKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwDeleteKey(ulong KeyHandle)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        NtStatus status = Kernel.KeyObjects.Resolve(KeyHandle, AccessDelete, out ulong body, out int key);
        if (status.IsSuccess)
            status = await Kernel.RegistryCallbacks.Before(RegistryOperation.PreDeleteKey, notice, body);
        if (status.IsSuccess && RegistryCallbacks.Proceeds(status))
        {
            Registry registry = Kernel.RegistryPaths.Current;
            Registry without = registry.Exists(key) ? registry.DeleteKey(key) : registry;
            bool isDeleted = !ReferenceEquals(without, registry);
            Kernel.RegistryPaths.Current = without;
            status = isDeleted ? NtStatus.Success : registry.Exists(key) ? CannotDelete : NtStatus.KeyDeleted;
            status = await Kernel.RegistryCallbacks.After(RegistryOperation.PostDeleteKey, notice, body, status);
        }
        if (body != 0)
            await Kernel.Objects.Dereference(body);
        return RegistryCallbacks.Answer(status);
    }

    [NtExport("ZwQueryKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwQueryKey(
        ulong KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, ulong KeyInformation, uint Length, Ptr<uint> ResultLength)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        uint access = KeyInformationClass == KEY_INFORMATION_CLASS.KeyNameInformation ? 0 : AccessQuery;
        NtStatus status = Kernel.KeyObjects.Resolve(KeyHandle, access, out ulong body, out int key);
        if (status.IsSuccess)
            status = await Kernel.RegistryCallbacks.Before(
                RegistryOperation.PreQueryKey, notice, body, (uint)KeyInformationClass, KeyInformation, Length, ResultLength);
        if (status.IsSuccess && RegistryCallbacks.Proceeds(status))
        {
            status = Describe(key, KeyInformationClass, KeyInformation, Length, ResultLength);
            status = await Kernel.RegistryCallbacks.After(RegistryOperation.PostQueryKey, notice, body, status);
        }
        if (body != 0)
            await Kernel.Objects.Dereference(body);
        return RegistryCallbacks.Answer(status);
    }

    [NtExport("ZwEnumerateKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwEnumerateKey(
        ulong KeyHandle, uint Index, KEY_INFORMATION_CLASS KeyInformationClass, ulong KeyInformation, uint Length, Ptr<uint> ResultLength)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        NtStatus status = Kernel.KeyObjects.Resolve(KeyHandle, AccessEnumerate, out ulong body, out int key);
        if (status.IsSuccess)
            status = await Kernel.RegistryCallbacks.Before(
                RegistryOperation.PreEnumerateKey, notice, body, Index | (ulong)KeyInformationClass << 32, KeyInformation, Length, ResultLength);
        if (status.IsSuccess && RegistryCallbacks.Proceeds(status))
        {
            int subkey = SubkeyAt(key, Index);
            status = subkey < 0 ? NtStatus.NoMoreEntries : Describe(subkey, KeyInformationClass, KeyInformation, Length, ResultLength);
            status = await Kernel.RegistryCallbacks.After(RegistryOperation.PostEnumerateKey, notice, body, status);
        }
        if (body != 0)
            await Kernel.Objects.Dereference(body);
        return RegistryCallbacks.Answer(status);
    }

    /// <summary>There is nothing to write back: the registry is one value, and each change is whole.</summary>
    [NtExport("ZwFlushKey", MaxIrql = Irql.Passive)]
    public NtStatus ZwFlushKey(ulong KeyHandle) => Kernel.KeyObjects.TryFind(KeyHandle, out _);

    private async KTask<NtStatus> Open(Ptr<ulong> handle, uint access, Ptr<OBJECT_ATTRIBUTES> attributes)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        NtStatus status = await Kernel.RegistryCallbacks.BeforeOpen(RegistryOperation.PreOpenKeyEx, notice, attributes, access, 0, default, default);
        if (!RegistryCallbacks.Proceeds(status))
            return RegistryCallbacks.Answer(status);
        status = FindNode(attributes, out int key, out uint flags);
        if (status.IsSuccess)
            status = await Kernel.ObjectRoutines.MakeHandle(Kernel.KeyObjects.Create(key), ObjectKind.Key, access, flags, 0, handle);
        status = await Kernel.RegistryCallbacks.AfterOpen(RegistryOperation.PostOpenKeyEx, notice, handle, status);
        return status;
    }

    private NtStatus FindNode(Ptr<OBJECT_ATTRIBUTES> attributes, out int key, out uint flags)
    {
        NtStatus status = Locate(attributes, out int from, out string path, out flags);
        key = 0;
        if (!status.IsSuccess)
            return status;
        return Kernel.RegistryPaths.Current.TryOpen(from, path, out key, (flags & OpenLink) != 0) ? NtStatus.Success : NtStatus.ObjectNameNotFound;
    }

    private NtStatus CreateNode(
        Ptr<OBJECT_ATTRIBUTES> attributes, Ptr<UNICODE_STRING> className, uint options, out int key, out bool created, out uint flags)
    {
        created = false;
        NtStatus status = FindNode(attributes, out key, out flags);
        if (status != NtStatus.ObjectNameNotFound)
            return status;
        Locate(attributes, out int from, out string path, out _);
        Registry registry = Kernel.RegistryPaths.Current;
        path = path.TrimEnd('\\');
        int cut = path.LastIndexOf('\\');
        if (!registry.TryOpen(from, cut < 0 ? "" : path[..cut], out int parent))
            return NtStatus.ObjectNameNotFound;
        string name = path[(cut + 1)..];
        if (parent == Registry.Root || name.Length is 0 or > 255)
            return name.Length is 0 or > 255 ? NtStatus.InvalidParameter : NtStatus.AccessDenied;
        bool isVolatile = (options & OptionVolatile) != 0;
        if (registry[parent].Volatile && !isVolatile)
            return NtStatus.ChildMustBeVolatile;
        registry = registry.Create(parent, name, out key, out created, isVolatile);
        if (!className.IsNull)
            registry = registry.SetClass(key, Kernel.UnicodeStrings.Read(className));
        Kernel.RegistryPaths.Current = registry.Touch(key, Kernel.RegistryPaths.Now).Touch(parent, Kernel.RegistryPaths.Now);
        return NtStatus.Success;
    }

    /// <summary>Where to start and what to look for there: relative to the root directory's key, or a full path.</summary>
    private NtStatus Locate(Ptr<OBJECT_ATTRIBUTES> attributes, out int from, out string path, out uint flags)
    {
        NtStatus status = Kernel.CallerMemory.Capture(attributes, 0, out CapturedName captured);
        (from, path, flags) = (Registry.Root, captured.Name, captured.Attributes);
        if (!status.IsSuccess)
            return status;
        if (captured.RootDirectory != 0)
            return path.StartsWith('\\') ? NtStatus.ObjectPathSyntaxBad : Kernel.KeyObjects.TryFind(captured.RootDirectory, out from);
        return path.StartsWith('\\') ? NtStatus.Success : NtStatus.ObjectPathSyntaxBad;
    }

    private int SubkeyAt(int key, uint index)
    {
        Registry registry = Kernel.RegistryPaths.Current;
        if (!registry.Exists(key) || index >= (uint)registry[key].Subkeys.Count)
            return -1;
        foreach ((_, int subkey) in registry[key].Subkeys)
            if (index-- == 0)
                return subkey;
        return -1;
    }

    private NtStatus Describe(int key, KEY_INFORMATION_CLASS format, ulong buffer, uint length, Ptr<uint> resultLength)
    {
        Registry registry = Kernel.RegistryPaths.Current;
        if (!registry.Exists(key))
            return NtStatus.KeyDeleted;
        return KeyInformation.Of(registry, key, format) is { } information
            ? information.Deliver(Memory, buffer, length, resultLength) : NtStatus.InvalidParameter;
    }
}
