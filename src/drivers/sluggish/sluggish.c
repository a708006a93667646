// sluggish: a function driver of a root-enumerated device, \\.\Sluggish, with the faults that a trace shows best: it starts slowly, its DPC runs
// too long, it holds a spin lock too long, it loses a request, and it never ends its transition to D3. Nothing here corrupts anything.

#include "kernel.h"
#include "sluggish_ioctl.h"

typedef struct _SLUGGISH_EXTENSION {
    PDEVICE_OBJECT LowerDevice;
    PDEVICE_OBJECT PhysicalDevice;
    KSPIN_LOCK Lock;
    KDPC Dpc;
    ULONG DpcMicroseconds;
    PIRP DpcRequest;                // what the DPC completes
    PIRP PowerRequest;              // what waits for D3
} SLUGGISH_EXTENSION, *PSLUGGISH_EXTENSION;

// Longer than any device ought to take: programs and other devices wait for it.
#define START_MILLISECONDS 40

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD SluggishUnload;
DRIVER_ADD_DEVICE SluggishAddDevice;
DRIVER_DISPATCH SluggishCreateClose;
DRIVER_DISPATCH SluggishDeviceControl;
DRIVER_DISPATCH SluggishPnp;
DRIVER_DISPATCH SluggishPower;
DRIVER_DISPATCH SluggishPassDown;
KDEFERRED_ROUTINE SluggishDpc;
IO_COMPLETION_ROUTINE SluggishStarted;
REQUEST_POWER_COMPLETE SluggishPoweredDown;

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, SluggishUnload)
#pragma alloc_text(PAGE, SluggishAddDevice)

static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Sluggish");

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DriverObject->MajorFunction[IRP_MJ_CREATE] = SluggishCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = SluggishCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SluggishDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = SluggishPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = SluggishPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = SluggishPassDown;
    DriverObject->DriverExtension->AddDevice = SluggishAddDevice;
    DriverObject->DriverUnload = SluggishUnload;
    return STATUS_SUCCESS;
}

VOID SluggishUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
}

NTSTATUS SluggishAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    UNICODE_STRING deviceName = RTL_CONSTANT_STRING(L"\\Device\\Sluggish");
    PDEVICE_OBJECT device;
    NTSTATUS status;

    PAGED_CODE();
    status = IoCreateDevice(DriverObject, sizeof(SLUGGISH_EXTENSION), &deviceName, SLUGGISH_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    PSLUGGISH_EXTENSION extension = device->DeviceExtension;
    extension->PhysicalDevice = PhysicalDeviceObject;
    KeInitializeSpinLock(&extension->Lock);
    KeInitializeDpc(&extension->Dpc, SluggishDpc, extension);

    extension->LowerDevice = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
    if (extension->LowerDevice == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    status = IoCreateSymbolicLink(&LinkName, &deviceName);
    if (!NT_SUCCESS(status)) {
        IoDetachDevice(extension->LowerDevice);
        IoDeleteDevice(device);
        return status;
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS SluggishComplete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS SluggishCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return SluggishComplete(Irp, STATUS_SUCCESS);
}

NTSTATUS SluggishPassDown(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PSLUGGISH_EXTENSION extension = DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->LowerDevice, Irp);
}

// Burns processor time at the level that it is called at; a DPC may do so for a few microseconds only.
static VOID SluggishBurn(ULONG Microseconds)
{
    for (ULONG done = 0; done < Microseconds; done += 50) {
        KeStallExecutionProcessor(Microseconds - done < 50 ? Microseconds - done : 50);
    }
}

// DPCs ought to be done in 100 microseconds. The request that asked is completed here.
VOID SluggishDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PSLUGGISH_EXTENSION extension = Context;
    PIRP irp = extension->DpcRequest;

    SluggishBurn(extension->DpcMicroseconds);
    extension->DpcRequest = NULL;
    SluggishComplete(irp, STATUS_SUCCESS);
}

static VOID SluggishHoldLock(PSLUGGISH_EXTENSION Extension, ULONG Microseconds)
{
    KIRQL irql;

    KeAcquireSpinLock(&Extension->Lock, &irql);
    SluggishBurn(Microseconds);
    KeReleaseSpinLock(&Extension->Lock, irql);
}

VOID SluggishPoweredDown(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState, PVOID Context, PIO_STATUS_BLOCK IoStatus)
{
    PSLUGGISH_EXTENSION extension = Context;
    PIRP irp = extension->PowerRequest;

    extension->PowerRequest = NULL;
    SluggishComplete(irp, IoStatus->Status);
}

static NTSTATUS SluggishPowerDown(PSLUGGISH_EXTENSION Extension, PIRP Irp)
{
    POWER_STATE state;

    IoMarkIrpPending(Irp);
    Extension->PowerRequest = Irp;
    state.DeviceState = PowerDeviceD3;
    NTSTATUS status = PoRequestPowerIrp(Extension->PhysicalDevice, IRP_MN_SET_POWER, state, SluggishPoweredDown, Extension, NULL);
    if (status != STATUS_PENDING) {
        Extension->PowerRequest = NULL;
        SluggishComplete(Irp, status);
    }
    return STATUS_PENDING;
}

NTSTATUS SluggishDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PSLUGGISH_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG microseconds = 0;

    if (code == (ULONG)IOCTL_SLUGGISH_DPC || code == (ULONG)IOCTL_SLUGGISH_LOCK) {
        if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG)) {
            return SluggishComplete(Irp, STATUS_BUFFER_TOO_SMALL);
        }
        microseconds = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
        if (microseconds > SLUGGISH_MOST_MICROSECONDS) {
            return SluggishComplete(Irp, STATUS_INVALID_PARAMETER);
        }
    }

    switch (code) {
    case IOCTL_SLUGGISH_DPC:
        if (InterlockedCompareExchangePointer((PVOID *)&extension->DpcRequest, Irp, NULL) != NULL) {
            return SluggishComplete(Irp, STATUS_DEVICE_BUSY);
        }
        IoMarkIrpPending(Irp);
        extension->DpcMicroseconds = microseconds;
        KeInsertQueueDpc(&extension->Dpc, NULL, NULL);
        return STATUS_PENDING;

    case IOCTL_SLUGGISH_LOCK:
        SluggishHoldLock(extension, microseconds);
        return SluggishComplete(Irp, STATUS_SUCCESS);

    case IOCTL_SLUGGISH_LOSE:
        IoMarkIrpPending(Irp);          // and nobody remembers it: no queue, no cancel routine
        return STATUS_PENDING;

    case IOCTL_SLUGGISH_POWER_DOWN:
        return SluggishPowerDown(extension, Irp);

    default:
        return SluggishComplete(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}

// Waits for a completion that never comes: the device would have to say that it is quiet, and nobody asked it to.
NTSTATUS SluggishPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PSLUGGISH_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN down = stack->MinorFunction == IRP_MN_SET_POWER && stack->Parameters.Power.Type == DevicePowerState
        && stack->Parameters.Power.State.DeviceState == PowerDeviceD3;

    PoStartNextPowerIrp(Irp);
    if (down) {
        IoMarkIrpPending(Irp);
        return STATUS_PENDING;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(extension->LowerDevice, Irp);
}

NTSTATUS SluggishStarted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS SluggishStart(PSLUGGISH_EXTENSION Extension, PIRP Irp)
{
    LARGE_INTEGER spinUp;
    KEVENT done;
    NTSTATUS status;

    KeInitializeEvent(&done, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, SluggishStarted, &done, TRUE, TRUE, TRUE);
    status = IoCallDriver(Extension->LowerDevice, Irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = Irp->IoStatus.Status;
    }
    if (NT_SUCCESS(status)) {
        spinUp.QuadPart = -10000LL * START_MILLISECONDS;
        KeDelayExecutionThread(KernelMode, FALSE, &spinUp);
    }
    return SluggishComplete(Irp, status);
}

NTSTATUS SluggishPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PSLUGGISH_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PDEVICE_OBJECT lower = extension->LowerDevice;
    NTSTATUS status;

    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return SluggishStart(extension, Irp);

    case IRP_MN_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(Irp);
        status = IoCallDriver(lower, Irp);
        IoDeleteSymbolicLink(&LinkName);
        IoDetachDevice(lower);
        IoDeleteDevice(DeviceObject);
        return status;

    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        return SluggishPassDown(DeviceObject, Irp);

    default:
        return SluggishPassDown(DeviceObject, Irp);
    }
}
