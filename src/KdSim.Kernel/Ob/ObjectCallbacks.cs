using KdSim.Kernel.Ke;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>
/// ObRegisterCallbacks: registrations by altitude, kept in a list. No handle of a process or thread is opened by a program in this machine other than its
/// own pseudo handles, so no operation calls them yet.
/// </summary>
[NtData("ObpCallbackListHead", 16, Type = "_LIST_ENTRY")]
public sealed class ObjectCallbacks(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Tag = 0x6C436254; // "TbCl"
    private const ushort Version = 0x100;
    private const int HeaderSize = 0x30; // LIST_ENTRY, altitude, context, count.

    [NtExport("ObGetFilterVersion", MaxIrql = Irql.Dispatch)]
    public ushort ObGetFilterVersion() => Version;

    [NtExport("ObRegisterCallbacks", MaxIrql = Irql.Apc)]
    public NtStatus ObRegisterCallbacks(Ptr<OB_CALLBACK_REGISTRATION> CallbackRegistration, Ptr<ulong> RegistrationHandle)
    {
        View<OB_CALLBACK_REGISTRATION> registration = CallbackRegistration;
        if (registration.Version >> 8 != Version >> 8 || registration.OperationRegistrationCount == 0 || registration.Altitude.Length == 0)
            return NtStatus.InvalidParameter;
        string altitude = Kernel.Objects.ReadName(registration.Altitude);
        ulong head = Kernel.Data(Datum.ObpCallbackListHead);
        if (Memory.ReadU64(head) == 0)
            Memory.InitializeList(head);
        foreach (ulong other in Memory.Walk(head))
            if (Kernel.Objects.ReadName(Memory.Load<UNICODE_STRING>(other + 0x10)) == altitude)
                return NtStatus.FltInstanceAltitudeCollision;
        int count = registration.OperationRegistrationCount, size = OB_OPERATION_REGISTRATION.SizeOf;
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, (ulong)(HeaderSize + count * size), Tag);
        Memory.Store(block + 0x10, Kernel.Objects.NewString(altitude));
        Memory.WriteU64(block + 0x20, registration.RegistrationContext);
        Memory.WriteU64(block + 0x28, (ulong)count);
        byte[] operations = new byte[count * size];
        Memory.Read(registration.OperationRegistration, operations);
        Memory.Write(block + HeaderSize, operations);
        Memory.InsertTail(head, block);
        RegistrationHandle.Write(block);
        return NtStatus.Success;
    }

    [NtExport("ObUnRegisterCallbacks", MaxIrql = Irql.Apc)]
    public void ObUnRegisterCallbacks(ulong RegistrationHandle)
    {
        Memory.RemoveEntry(RegistrationHandle);
        Kernel.Objects.FreeString(Memory.Load<UNICODE_STRING>(RegistrationHandle + 0x10));
        Kernel.Pool.Free(RegistrationHandle, Tag);
    }
}
