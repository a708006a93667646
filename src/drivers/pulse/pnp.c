// Plug and play, power and WMI. The PnP manager sends these at PASSIVE_LEVEL and never two PnP IRPs at a time to one device.
//
// A start is handled on its way up (the bus driver first), everything that takes something away on its way down.

#include "pulse.h"

static NTSTATUS PulsePassDown(PPULSE_EXTENSION Extension, PIRP Irp);
static NTSTATUS PulseStartDevice(PPULSE_EXTENSION Extension, PIRP Irp);
static NTSTATUS PulseCancelQuery(PPULSE_EXTENSION Extension, PIRP Irp, PULSE_STATE Queried);
static VOID PulseSetState(PPULSE_EXTENSION Extension, PULSE_STATE State);
static VOID PulseTakeAway(PPULSE_EXTENSION Extension, BOOLEAN Present);
static NTSTATUS PulseRemoveDevice(PPULSE_EXTENSION Extension, PIRP Irp);

#pragma alloc_text(PAGE, PulseDispatchPnp)
#pragma alloc_text(PAGE, PulseDispatchSystemControl)
#pragma alloc_text(PAGE, PulseStartDevice)
#pragma alloc_text(PAGE, PulseCancelQuery)
#pragma alloc_text(PAGE, PulseTakeAway)
#pragma alloc_text(PAGE, PulseRemoveDevice)

NTSTATUS PulseDispatchPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status;

    PAGED_CODE();
    status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseComplete(Irp, status, 0);
    }

    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = PulseStartDevice(extension, Irp);
        break;

    case IRP_MN_QUERY_STOP_DEVICE:
        PulseSetState(extension, PulseStopPending);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        status = PulsePassDown(extension, Irp);
        break;

    case IRP_MN_CANCEL_STOP_DEVICE:
        status = PulseCancelQuery(extension, Irp, PulseStopPending);
        break;

    case IRP_MN_STOP_DEVICE:
        PulseSetState(extension, PulseStopped);     // reads stay queued: the device will start again, elsewhere perhaps
        PulseStopHardware(extension, TRUE);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        status = PulsePassDown(extension, Irp);
        break;

    case IRP_MN_QUERY_REMOVE_DEVICE:
        PulseSetState(extension, PulseRemovePending);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        status = PulsePassDown(extension, Irp);
        break;

    case IRP_MN_CANCEL_REMOVE_DEVICE:
        status = PulseCancelQuery(extension, Irp, PulseRemovePending);
        break;

    case IRP_MN_SURPRISE_REMOVAL:
        PulseSetState(extension, PulseSurpriseRemoved);
        PulseTakeAway(extension, FALSE);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        status = PulsePassDown(extension, Irp);
        break;

    case IRP_MN_REMOVE_DEVICE:
        return PulseRemoveDevice(extension, Irp);   // releases the lock itself, and then there is no extension

    default:
        status = PulsePassDown(extension, Irp);
        break;
    }

    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

static NTSTATUS PulsePassDown(PPULSE_EXTENSION Extension, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Extension->LowerDevice, Irp);
}

static VOID PulseSetState(PPULSE_EXTENSION Extension, PULSE_STATE State)
{
    Extension->PreviousState = Extension->State;
    Extension->State = State;
}

static NTSTATUS PulseStartDevice(PPULSE_EXTENSION Extension, PIRP Irp)
{
    PCM_RESOURCE_LIST resources = IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResourcesTranslated;
    NTSTATUS status = STATUS_SUCCESS;

    PAGED_CODE();
    IoCopyCurrentIrpStackLocationToNext(Irp);
    if (IoForwardIrpSynchronously(Extension->LowerDevice, Irp)) {
        status = Irp->IoStatus.Status;
    } else {
        status = STATUS_UNSUCCESSFUL;
    }

    if (NT_SUCCESS(status)) {
        status = PulseStartHardware(Extension, resources);
    }
    if (NT_SUCCESS(status)) {
        PulseSetState(Extension, PulseStarted);
        // Fails if the interface is enabled already, as after a stop: nothing to mind.
        IoSetDeviceInterfaceState(&Extension->InterfaceName, TRUE);
    }
    return PulseComplete(Irp, status, 0);
}

// A cancel may come without its query: a driver above may have failed that on its way down.
static NTSTATUS PulseCancelQuery(PPULSE_EXTENSION Extension, PIRP Irp, PULSE_STATE Queried)
{
    PAGED_CODE();
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoForwardIrpSynchronously(Extension->LowerDevice, Irp);
    if (Extension->State == Queried) {
        Extension->State = Extension->PreviousState;
    }
    return PulseComplete(Irp, STATUS_SUCCESS, 0);
}

// The device is going or has gone: no new opens, no hardware, no waiting reads.
static VOID PulseTakeAway(PPULSE_EXTENSION Extension, BOOLEAN Present)
{
    PAGED_CODE();
    IoSetDeviceInterfaceState(&Extension->InterfaceName, FALSE);
    PulseStopHardware(Extension, Present);
    Extension->Gone = TRUE;
    PulseFailReads(Extension, NULL, STATUS_DEVICE_NOT_CONNECTED);
}

static NTSTATUS PulseRemoveDevice(PPULSE_EXTENSION Extension, PIRP Irp)
{
    PDEVICE_OBJECT lower = Extension->LowerDevice;
    NTSTATUS status;

    PAGED_CODE();
    if (Extension->State != PulseSurpriseRemoved) {
        PulseTakeAway(Extension, TRUE);
    }
    PulseSetState(Extension, PulseRemoved);
    IoReleaseRemoveLockAndWait(&Extension->RemoveLock, Irp);

    Irp->IoStatus.Status = STATUS_SUCCESS;
    status = PulsePassDown(Extension, Irp);

    if (Extension->LinkName.Length != 0) {
        IoDeleteSymbolicLink(&Extension->LinkName);
    }
    RtlFreeUnicodeString(&Extension->InterfaceName);
    IoDetachDevice(lower);
    IoDeleteDevice(Extension->Self);
    return status;
}

// The driver has no power policy: it asks for no device states, and power IRPs only pass through.
NTSTATUS PulseDispatchPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    PoStartNextPowerIrp(Irp);
    if (!NT_SUCCESS(status)) {
        return PulseComplete(Irp, status, 0);
    }
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(extension->LowerDevice, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

NTSTATUS PulseDispatchSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;

    PAGED_CODE();
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseComplete(Irp, status, 0);
    }
    status = PulsePassDown(extension, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}
