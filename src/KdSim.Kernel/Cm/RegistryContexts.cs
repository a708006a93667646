using KdSim.Kernel.Ke;
using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>
/// What registry callbacks attach to key objects: a context each by CmSetCallbackObjectContext, and the name that CmCallbackGetKeyObjectID gave out (under the
/// cookie 0). They go with the object or with the callback. PASSIVE_LEVEL or APC_LEVEL.
/// </summary>
[NtData("CmpObjectContextListHead", 16, Type = "_LIST_ENTRY")]
public sealed class RegistryContexts(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x78634D43; // "CMcx"
    private const ulong Object = 0x10, Cookie = 0x18, Context = 0x20, BlockSize = 0x28;

    private ulong Head => Kernel.Data(Datum.CmpObjectContextListHead);

    /// <summary>Gives the type of keys its procedures.</summary>
    internal void Initialize()
    {
        Memory.InitializeList(Head);
        View<OBJECT_TYPE_INITIALIZER> key = Kernel.ObjectTypes.Of(ObjectKind.Key).TypeInfo;
        key.CloseProcedure = Kernel.Stubs.AddressOf(Stub.CmpCloseKeyObject);
        key.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.CmpDeleteKeyObject);
    }

    [NtExport("CmSetCallbackObjectContext", MaxIrql = Irql.Apc)]
    public NtStatus CmSetCallbackObjectContext(ulong Object, Ptr<ulong> Cookie, ulong NewContext, Ptr<ulong> OldContext)
    {
        if (Object == 0 || Kernel.ObjectTypes.KindOf(Object) != ObjectKind.Key)
            return NtStatus.InvalidParameter;
        ulong cookie = Cookie.Read();
        if (!OldContext.IsNull)
            OldContext.Write(Get(Object, cookie));
        if (Find(Object, cookie) is var block and not 0)
            Memory.WriteU64(block + Context, NewContext);
        else
            Add(Object, cookie, NewContext);
        return NtStatus.Success;
    }

    /// <summary>The type's CloseProcedure: callbacks hear of each handle that is closed.</summary>
    [NtRoutine("CmpCloseKeyObject", MaxIrql = Irql.Passive)]
    public async KTask CmpCloseKeyObject(ulong Process, ulong Object, ulong ProcessHandleCount, ulong SystemHandleCount)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        await Kernel.RegistryCallbacks.Before(RegistryOperation.PreKeyHandleClose, notice, Object);
        await Kernel.RegistryCallbacks.After(RegistryOperation.PostKeyHandleClose, notice, Object, NtStatus.Success);
    }

    /// <summary>The type's DeleteProcedure.</summary>
    [NtRoutine("CmpDeleteKeyObject", MaxIrql = Irql.Passive)]
    public async KTask CmpDeleteKeyObject(ulong Object) => await CleanUp(Object, 0);

    /// <summary>The context that a callback gave to an object, or 0.</summary>
    internal ulong Get(ulong body, ulong cookie) => Find(body, cookie) is var block and not 0 ? Memory.ReadU64(block + Context) : 0;

    /// <summary>The UNICODE_STRING with the path of a key object; it lives as long as the object.</summary>
    internal ulong NameOf(ulong body)
    {
        if (Get(body, 0) is var known and not 0)
            return known;
        ulong name = Kernel.RegistryCallbacks.NewString(Kernel.RegistryPaths.Current.PathOf((int)new View<CM_KEY_BODY>(body).KeyNumber));
        Add(body, 0, name);
        return name;
    }

    /// <summary>Takes the contexts of an object away, or (object 0) all that a callback gave; the callback hears of each.</summary>
    internal async KTask CleanUp(ulong body, ulong cookie)
    {
        while (Next(body, cookie) is var block and not 0)
        {
            ulong owner = Memory.ReadU64(block + Cookie), context = Memory.ReadU64(block + Context);
            ulong information = Guest.Scratch(0x18); // REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION.
            Memory.WriteU64(information, Memory.ReadU64(block + Object));
            Memory.WriteU64(information + 8, context);
            Memory.RemoveEntry(block);
            Kernel.Pool.Free(block, Tag);
            if (owner == 0)
                Kernel.RegistryCallbacks.CmCallbackReleaseKeyObjectIDEx(context);
            else if (context != 0)
                await Kernel.RegistryCallbacks.CallOne(owner, RegistryOperation.ContextCleanup, information);
        }
    }

    private ulong Next(ulong body, ulong cookie)
    {
        foreach (ulong block in Memory.Walk(Head))
            if (body != 0 ? Memory.ReadU64(block + Object) == body : Memory.ReadU64(block + Cookie) == cookie)
                return block;
        return 0;
    }

    private ulong Find(ulong body, ulong cookie)
    {
        foreach (ulong block in Memory.Walk(Head))
            if (Memory.ReadU64(block + Object) == body && Memory.ReadU64(block + Cookie) == cookie)
                return block;
        return 0;
    }

    private void Add(ulong body, ulong cookie, ulong context)
    {
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, BlockSize, Tag);
        Memory.WriteU64(block + Object, body);
        Memory.WriteU64(block + Cookie, cookie);
        Memory.WriteU64(block + Context, context);
        Memory.InsertTail(Head, block);
    }
}
