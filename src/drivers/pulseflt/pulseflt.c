// pulseflt: an upper filter over Pulse. Changes nothing, counts what passes, and shows how a filter sets completion routines.
//
//   reads, IOCTLs   PulseFltReadComplete and PulseFltDeviceControlComplete watch them on their way up
//   starts          PulseFltStartComplete takes the IRP back (STATUS_MORE_PROCESSING_REQUIRED) and hands it to the waiting thread
//   all others      passed down without a stack location of their own
//
// The filter's device object copies flags and type of the one below it, so that the I/O manager locks buffers as Pulse expects.

#include "kernel.h"

#define PULSEFLT_TAG 'tFlP'

typedef struct _PULSEFLT_EXTENSION {
    PDEVICE_OBJECT Self;
    PDEVICE_OBJECT LowerDevice;
    IO_REMOVE_LOCK RemoveLock;
    LONG ReadsSent;
    LONG ReadsDone;
    LONG ReadsFailed;
    LONG64 BytesRead;
    LONG ControlsSent;
    LONG ControlsFailed;
    NTSTATUS LastControlStatus;
} PULSEFLT_EXTENSION, *PPULSEFLT_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_ADD_DEVICE PulseFltAddDevice;
DRIVER_UNLOAD PulseFltUnload;
DRIVER_DISPATCH PulseFltDispatchAny;
DRIVER_DISPATCH PulseFltDispatchRead;
DRIVER_DISPATCH PulseFltDispatchDeviceControl;
DRIVER_DISPATCH PulseFltDispatchPnp;
DRIVER_DISPATCH PulseFltDispatchPower;
IO_COMPLETION_ROUTINE PulseFltReadComplete;
IO_COMPLETION_ROUTINE PulseFltDeviceControlComplete;
IO_COMPLETION_ROUTINE PulseFltStartComplete;

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, PulseFltAddDevice)
#pragma alloc_text(PAGE, PulseFltUnload)
#pragma alloc_text(PAGE, PulseFltDispatchPnp)

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        DriverObject->MajorFunction[i] = PulseFltDispatchAny;
    }
    DriverObject->MajorFunction[IRP_MJ_READ] = PulseFltDispatchRead;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PulseFltDispatchDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = PulseFltDispatchPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = PulseFltDispatchPower;
    DriverObject->DriverExtension->AddDevice = PulseFltAddDevice;
    DriverObject->DriverUnload = PulseFltUnload;
    DbgPrint("pulseflt: loaded\n");
    return STATUS_SUCCESS;
}

VOID PulseFltUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    DbgPrint("pulseflt: unloaded\n");
}

NTSTATUS PulseFltAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT device;

    PAGED_CODE();
    NTSTATUS status = IoCreateDevice(DriverObject, sizeof(PULSEFLT_EXTENSION), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    PPULSEFLT_EXTENSION extension = device->DeviceExtension;
    extension->Self = device;
    IoInitializeRemoveLock(&extension->RemoveLock, PULSEFLT_TAG, 0, 0);
    extension->LowerDevice = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
    if (extension->LowerDevice == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }

    device->DeviceType = extension->LowerDevice->DeviceType;
    device->Characteristics = extension->LowerDevice->Characteristics;
    device->Flags |= extension->LowerDevice->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS PulseFltFail(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS PulseFltDispatchAny(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSEFLT_EXTENSION extension = DeviceObject->DeviceExtension;

    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseFltFail(Irp, status);
    }
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(extension->LowerDevice, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

// ---- Requests that are watched: the remove lock is released by the completion routine ----

NTSTATUS PulseFltDispatchRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSEFLT_EXTENSION extension = DeviceObject->DeviceExtension;

    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseFltFail(Irp, status);
    }
    InterlockedIncrement(&extension->ReadsSent);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, PulseFltReadComplete, extension, TRUE, TRUE, TRUE);
    return IoCallDriver(extension->LowerDevice, Irp);
}

// At <= DISPATCH_LEVEL, in any thread.
NTSTATUS PulseFltReadComplete(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PPULSEFLT_EXTENSION extension = Context;

    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);          // the dispatch routine returned what the driver below did: STATUS_PENDING
    }
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        InterlockedIncrement(&extension->ReadsDone);
        InterlockedExchangeAdd64(&extension->BytesRead, (LONG64)Irp->IoStatus.Information);
    } else {
        InterlockedIncrement(&extension->ReadsFailed);
    }
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS PulseFltDispatchDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSEFLT_EXTENSION extension = DeviceObject->DeviceExtension;

    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseFltFail(Irp, status);
    }
    InterlockedIncrement(&extension->ControlsSent);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, PulseFltDeviceControlComplete, extension, TRUE, TRUE, TRUE);
    return IoCallDriver(extension->LowerDevice, Irp);
}

NTSTATUS PulseFltDeviceControlComplete(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PPULSEFLT_EXTENSION extension = Context;

    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        InterlockedIncrement(&extension->ControlsFailed);
    }
    extension->LastControlStatus = Irp->IoStatus.Status;
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

// ---- Plug and play, power ----

NTSTATUS PulseFltStartComplete(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    if (Irp->PendingReturned) {
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

// Sends the start down and waits: only a started device has the flags and characteristics that the filter then copies.
static NTSTATUS PulseFltStartDevice(PPULSEFLT_EXTENSION Extension, PIRP Irp)
{
    KEVENT started;

    KeInitializeEvent(&started, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, PulseFltStartComplete, &started, TRUE, TRUE, TRUE);
    NTSTATUS status = IoCallDriver(Extension->LowerDevice, Irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&started, Executive, KernelMode, FALSE, NULL);
        status = Irp->IoStatus.Status;
    }

    if (NT_SUCCESS(status) && (Extension->LowerDevice->Characteristics & FILE_REMOVABLE_MEDIA)) {
        Extension->Self->Characteristics |= FILE_REMOVABLE_MEDIA;
    }
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

NTSTATUS PulseFltDispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSEFLT_EXTENSION extension = DeviceObject->DeviceExtension;

    PAGED_CODE();
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseFltFail(Irp, status);
    }

    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = PulseFltStartDevice(extension, Irp);
        break;

    case IRP_MN_REMOVE_DEVICE:
        IoReleaseRemoveLockAndWait(&extension->RemoveLock, Irp);
        IoSkipCurrentIrpStackLocation(Irp);
        status = IoCallDriver(extension->LowerDevice, Irp);
        DbgPrint("pulseflt: %d reads, %d failed, %d IOCTLs, %d failed\n",
                 extension->ReadsSent, extension->ReadsFailed, extension->ControlsSent, extension->ControlsFailed);
        IoDetachDevice(extension->LowerDevice);
        IoDeleteDevice(DeviceObject);
        return status;

    default:
        IoSkipCurrentIrpStackLocation(Irp);
        status = IoCallDriver(extension->LowerDevice, Irp);
        break;
    }

    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

NTSTATUS PulseFltDispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSEFLT_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    PoStartNextPowerIrp(Irp);
    if (!NT_SUCCESS(status)) {
        return PulseFltFail(Irp, status);
    }
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(extension->LowerDevice, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}
