using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Kernel.Rtl;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>REG_NOTIFY_CLASS: what registry callbacks are told, of the operations that call them.</summary>
public enum RegistryOperation : uint
{
    PreDeleteKey = 0,
    PreSetValueKey = 1,
    PreDeleteValueKey = 2,
    PreEnumerateKey = 5,
    PreEnumerateValueKey = 6,
    PreQueryKey = 7,
    PreQueryValueKey = 8,
    PreKeyHandleClose = 14,
    PostDeleteKey = 15,
    PostSetValueKey = 16,
    PostDeleteValueKey = 17,
    PostEnumerateKey = 20,
    PostEnumerateValueKey = 21,
    PostQueryKey = 22,
    PostQueryValueKey = 23,
    PostKeyHandleClose = 25,
    PreCreateKeyEx = 26,
    PostCreateKeyEx = 27,
    PreOpenKeyEx = 28,
    PostOpenKeyEx = 29,
    ContextCleanup = 40,
}

/// <summary>
/// The drivers that watch the registry, by altitude: before an operation from the highest down, after it from the lowest up. A failure before stops the
/// operation; STATUS_CALLBACK_BYPASS stops it with success. PASSIVE_LEVEL.
/// </summary>
[NtData("CallbackListHead", 16, Type = "_LIST_ENTRY")]
[NtData("CmpCallbackCookie", 8)]
public sealed class RegistryCallbacks(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x62634D43; // "CMcb"
    private const int CallContexts = 0x70, MostCallbacks = 16;
    private const ulong Cookie = 0x18, Context = 0x20, Function = 0x28, Altitude = 0x30, BlockSize = 0x40;

    private ulong Head => Kernel.Data(Datum.CallbackListHead);

    [NtExport("CmRegisterCallbackEx", MaxIrql = Irql.Apc)]
    public NtStatus CmRegisterCallbackEx(
        ulong Function, Ptr<UNICODE_STRING> Altitude, ulong Driver, ulong Context, Ptr<ulong> Cookie, ulong Reserved) =>
        Register(Function, Kernel.UnicodeStrings.Read(Altitude), Context, Cookie);

    [NtExport("CmRegisterCallback", MaxIrql = Irql.Apc)]
    public NtStatus CmRegisterCallback(ulong Function, ulong Context, Ptr<ulong> Cookie) => Register(Function, "", Context, Cookie);

    /// <summary>The contexts that the callback gave to key objects are cleaned up before it goes.</summary>
    [NtExport("CmUnRegisterCallback", MaxIrql = Irql.Apc)]
    public async KTask<NtStatus> CmUnRegisterCallback(ulong Cookie)
    {
        ulong block = Find(Cookie);
        if (block == 0)
            return NtStatus.InvalidParameter;
        await Kernel.RegistryContexts.CleanUp(0, Cookie);
        ulong next = Memory.ReadU64(block), previous = Memory.ReadU64(block + 8);
        Memory.WriteU64(previous, next);
        Memory.WriteU64(next + 8, previous);
        Kernel.Objects.FreeString(new Ptr<UNICODE_STRING>(block + Altitude).Read());
        Kernel.Pool.Free(block, Tag);
        return NtStatus.Success;
    }

    /// <summary>The version of the interface: 1.0.</summary>
    [NtExport("CmGetCallbackVersion", MaxIrql = Irql.Apc)]
    public void CmGetCallbackVersion(Ptr<uint> Major, Ptr<uint> Minor)
    {
        if (!Major.IsNull)
            Major.Write(1);
        if (!Minor.IsNull)
            Minor.Write(0);
    }

    /// <summary>The number of the key and its path in pool, which CmCallbackReleaseKeyObjectIDEx frees.</summary>
    [NtExport("CmCallbackGetKeyObjectIDEx", MaxIrql = Irql.Apc)]
    public NtStatus CmCallbackGetKeyObjectIDEx(Ptr<ulong> Cookie, ulong Object, Ptr<ulong> ObjectID, Ptr<ulong> ObjectName, uint Flags)
    {
        if (Object == 0 || Flags != 0 || Kernel.ObjectTypes.KindOf(Object) != ObjectKind.Key)
            return NtStatus.InvalidParameter;
        if (!Kernel.KeyObjects.TryGet(Object, out int key))
            return NtStatus.KeyDeleted;
        if (!ObjectID.IsNull)
            ObjectID.Write((ulong)key);
        if (!ObjectName.IsNull)
            ObjectName.Write(NewString(Kernel.RegistryPaths.Current.PathOf(key)));
        return NtStatus.Success;
    }

    /// <summary>The older form: the name belongs to the key object and goes with it.</summary>
    [NtExport("CmCallbackGetKeyObjectID", MaxIrql = Irql.Apc)]
    public NtStatus CmCallbackGetKeyObjectID(Ptr<ulong> Cookie, ulong Object, Ptr<ulong> ObjectID, Ptr<ulong> ObjectName)
    {
        NtStatus status = CmCallbackGetKeyObjectIDEx(Cookie, Object, ObjectID, default, 0);
        if (status.IsSuccess && !ObjectName.IsNull)
            ObjectName.Write(Kernel.RegistryContexts.NameOf(Object));
        return status;
    }

    [NtExport("CmCallbackReleaseKeyObjectIDEx", MaxIrql = Irql.Apc)]
    public void CmCallbackReleaseKeyObjectIDEx(ulong ObjectName)
    {
        if (ObjectName != 0)
            Kernel.Pool.Free(ObjectName, Tag);
    }

    /// <summary>No key belongs to a transaction here: there are none.</summary>
    [NtExport("CmGetBoundTransaction", MaxIrql = Irql.Apc)]
    public ulong CmGetBoundTransaction(Ptr<ulong> Cookie, ulong Object) => 0;

    /// <summary>Whether an operation goes on after its callbacks.</summary>
    internal static bool Proceeds(NtStatus status) => status.IsSuccess;

    /// <summary>What the caller of the operation is told.</summary>
    internal static NtStatus Answer(NtStatus status) => status == NtStatus.CallbackBypass ? NtStatus.Success : status;

    /// <summary>
    /// Where a sequence notes an operation for <see cref="Before"/> and <see cref="After"/>: the structure that callbacks see before it, and the call context
    /// that each of them leaves for itself. 0 if nobody watches.
    /// </summary>
    internal ulong NewNotice() => EntryAt(0) == 0 ? 0 : Guest.Scratch(CallContexts + MostCallbacks * 8);

    /// <summary>Calls the callbacks with a structure whose first field is the key object and whose others follow.</summary>
    internal async KTask<NtStatus> Before(RegistryOperation operation, ulong notice, ulong body, ulong second = 0, ulong third = 0, ulong fourth = 0,
        ulong fifth = 0, ulong sixth = 0)
    {
        if (notice == 0)
            return NtStatus.Success;
        Memory.WriteU64(notice, body);
        Memory.WriteU64(notice + 8, second);
        Memory.WriteU64(notice + 0x10, third);
        Memory.WriteU64(notice + 0x18, fourth);
        Memory.WriteU64(notice + 0x20, fifth);
        Memory.WriteU64(notice + 0x28, sixth);
        return await CallBefore(operation, notice, body);
    }

    /// <summary>REG_CREATE_KEY_INFORMATION, which opening has too.</summary>
    internal async KTask<NtStatus> BeforeOpen(RegistryOperation operation, ulong notice, Ptr<OBJECT_ATTRIBUTES> attributes, uint access, uint options,
        Ptr<UNICODE_STRING> className, Ptr<uint> disposition)
    {
        if (notice == 0)
            return NtStatus.Success;
        OBJECT_ATTRIBUTES given = attributes.Read();
        ulong root = 0;
        if (given.RootDirectory != 0 && Kernel.KeyObjects.Resolve(given.RootDirectory, 0, out root, out _).IsSuccess)
            KeyObjects.Release(root);
        Memory.WriteU64(notice, given.ObjectName);
        Memory.WriteU64(notice + 8, root);
        Memory.WriteU64(notice + 0x10, Kernel.ObjectTypes.Of(ObjectKind.Key).Address);
        Memory.WriteU32(notice + 0x18, options);
        Memory.WriteU64(notice + 0x20, className);
        Memory.WriteU64(notice + 0x28, given.SecurityDescriptor);
        Memory.WriteU64(notice + 0x30, given.SecurityQualityOfService);
        Memory.WriteU32(notice + 0x38, access);
        Memory.WriteU64(notice + 0x40, disposition);
        return await CallBefore(operation, notice, root);
    }

    /// <summary>REG_POST_OPERATION_INFORMATION with the key object and the status, which a callback may replace (STATUS_CALLBACK_BYPASS).</summary>
    internal async KTask<NtStatus> After(RegistryOperation operation, ulong notice, ulong body, NtStatus status)
    {
        if (notice == 0)
            return status;
        ulong information = Guest.Scratch(0x38);
        for (int i = Math.Min(Count(), MostCallbacks) - 1; i >= 0; i--)
            if (EntryAt(i) is var entry and not 0)
            {
                Memory.WriteU64(information, body);
                Memory.WriteU32(information + 8, (uint)status);
                Memory.WriteU64(information + 0x10, notice);
                Memory.WriteU32(information + 0x18, (uint)status);
                Memory.WriteU64(information + 0x20, Memory.ReadU64(notice + CallContexts + (ulong)i * 8));
                Memory.WriteU64(information + 0x28, Kernel.RegistryContexts.Get(body, Memory.ReadU64(entry + Cookie)));
                NtStatus answer = await Guest.Call(Memory.ReadU64(entry + Function), Memory.ReadU64(entry + Context), (uint)operation, information);
                if (answer == NtStatus.CallbackBypass)
                    status = (NtStatus)Memory.ReadU32(information + 0x18);
            }
        return status;
    }

    internal async KTask<NtStatus> AfterOpen(RegistryOperation operation, ulong notice, Ptr<ulong> handle, NtStatus status)
    {
        if (notice == 0)
            return status;
        ulong body = 0;
        if (status.IsSuccess && Kernel.KeyObjects.Resolve(handle.Read(), 0, out body, out _).IsSuccess)
            KeyObjects.Release(body);
        return await After(operation, notice, body, status);
    }

    /// <summary>Calls the one callback with this cookie.</summary>
    internal async KTask CallOne(ulong cookie, RegistryOperation operation, ulong information)
    {
        if (Find(cookie) is var entry and not 0)
            await Guest.Call(Memory.ReadU64(entry + Function), Memory.ReadU64(entry + Context), (uint)operation, information);
    }

    private async KTask<NtStatus> CallBefore(RegistryOperation operation, ulong notice, ulong body)
    {
        NtStatus status = NtStatus.Success;
        ulong contexts = notice + ContextsOf(operation); // CallContext, then ObjectContext.
        for (int i = 0; status.IsSuccess && i < MostCallbacks && EntryAt(i) is var entry and not 0; i++)
        {
            Memory.WriteU64(contexts, 0);
            Memory.WriteU64(contexts + 8, body == 0 ? 0 : Kernel.RegistryContexts.Get(body, Memory.ReadU64(entry + Cookie)));
            status = await Guest.Call(Memory.ReadU64(entry + Function), Memory.ReadU64(entry + Context), (uint)operation, notice);
            Memory.WriteU64(notice + CallContexts + (ulong)i * 8, Memory.ReadU64(contexts));
        }
        return status;
    }

    /// <summary>Where the structure of an operation has its CallContext.</summary>
    private static ulong ContextsOf(RegistryOperation operation) => operation switch
    {
        RegistryOperation.PreDeleteKey or RegistryOperation.PreKeyHandleClose => 8,
        RegistryOperation.PreDeleteValueKey => 0x10,
        RegistryOperation.PreQueryValueKey => 0x30,
        RegistryOperation.PreCreateKeyEx or RegistryOperation.PreOpenKeyEx => 0x50,
        _ => 0x28,
    };

    private NtStatus Register(ulong function, string altitude, ulong context, Ptr<ulong> cookie)
    {
        if (Memory.ReadU64(Head) == 0)
        {
            Memory.WriteU64(Head, Head);
            Memory.WriteU64(Head + 8, Head);
        }
        if (Count() == MostCallbacks)
            return NtStatus.InsufficientResources;
        ulong before = Head;
        foreach (ulong entry in Memory.Walk(Head))
        {
            int order = CompareAltitudes(altitude, Kernel.Objects.ReadName(new Ptr<UNICODE_STRING>(entry + Altitude).Read()));
            if (order == 0 && altitude.Length != 0)
                return NtStatus.FltInstanceAltitudeCollision;
            if (order > 0 && before == Head)
                before = entry;
        }
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, BlockSize, Tag);
        ulong next = Memory.ReadU64(Kernel.Data(Datum.CmpCallbackCookie)) + 1;
        Memory.WriteU64(Kernel.Data(Datum.CmpCallbackCookie), next);
        Memory.WriteU64(block + Cookie, next);
        Memory.WriteU64(block + Context, context);
        Memory.WriteU64(block + Function, function);
        new Ptr<UNICODE_STRING>(block + Altitude).Write(Kernel.Objects.NewString(altitude));
        ulong previous = Memory.ReadU64(before + 8);
        Memory.WriteU64(block, before);
        Memory.WriteU64(block + 8, previous);
        Memory.WriteU64(previous, block);
        Memory.WriteU64(before + 8, block);
        cookie.Write(next);
        return NtStatus.Success;
    }

    /// <summary>Decimal numbers with a fraction, of any length; the empty one is the lowest.</summary>
    private static int CompareAltitudes(string first, string second)
    {
        string[] a = first.Split('.', 2), b = second.Split('.', 2);
        string left = a[0].TrimStart('0'), right = b[0].TrimStart('0');
        int order = left.Length != right.Length ? left.Length - right.Length : string.CompareOrdinal(left, right);
        return order != 0 ? order : string.CompareOrdinal(a.Length > 1 ? a[1].TrimEnd('0') : "", b.Length > 1 ? b[1].TrimEnd('0') : "");
    }

    private ulong Find(ulong cookie)
    {
        for (int i = 0; EntryAt(i) is var entry and not 0; i++)
            if (Memory.ReadU64(entry + Cookie) == cookie)
                return entry;
        return 0;
    }

    private int Count()
    {
        int count = 0;
        while (EntryAt(count) != 0)
            count++;
        return count;
    }

    /// <summary>The callback at a place in the list, by altitude downwards; 0 behind the last.</summary>
    private ulong EntryAt(int index)
    {
        if (Memory.ReadU64(Head) != 0)
            foreach (ulong entry in Memory.Walk(Head))
                if (index-- == 0)
                    return entry;
        return 0;
    }

    /// <summary>A UNICODE_STRING and its text in one block.</summary>
    internal ulong NewString(string text)
    {
        byte[] bytes = Utf16.Bytes(text + "\0");
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, UNICODE_STRING.SizeOf + (ulong)bytes.Length, Tag);
        Memory.Write(block + UNICODE_STRING.SizeOf, bytes);
        new Ptr<UNICODE_STRING>(block).Write(new UNICODE_STRING
        {
            Length = (ushort)(bytes.Length - 2), MaximumLength = (ushort)bytes.Length, Buffer = (Ptr<char>)(block + UNICODE_STRING.SizeOf),
        });
        return block;
    }
}
