// Loading, and one functional device object for each Pulse that the bus reports.

#include <initguid.h>
#include "pulse.h"
#include <wchar.h>

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, PulseAddDevice)
#pragma alloc_text(PAGE, PulseUnload)

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DriverObject->MajorFunction[IRP_MJ_CREATE] = PulseDispatchCreate;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = PulseDispatchCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = PulseDispatchClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = PulseDispatchRead;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = PulseDispatchDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = PulseDispatchPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = PulseDispatchPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PulseDispatchSystemControl;
    DriverObject->DriverExtension->AddDevice = PulseAddDevice;
    DriverObject->DriverUnload = PulseUnload;
    DbgPrint("pulse: loaded\n");
    return STATUS_SUCCESS;
}

// Nothing to undo: every device object has gone with its IRP_MN_REMOVE_DEVICE.
VOID PulseUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    DbgPrint("pulse: unloaded\n");
}

// Gives the device the first free name \DosDevices\PulseN, for programs that do not look for interfaces. Opening it opens the top of the stack.
static NTSTATUS PulseCreateLink(PPULSE_EXTENSION Extension)
{
    WCHAR deviceName[64];
    UNICODE_STRING target;
    ULONG length;
    NTSTATUS status;

    status = IoGetDeviceProperty(Extension->PhysicalDevice, DevicePropertyPhysicalDeviceObjectName, sizeof(deviceName), deviceName, &length);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlInitUnicodeString(&target, deviceName);

    ULONG number = 0;
    do {
        _snwprintf(Extension->LinkBuffer, RTL_NUMBER_OF(Extension->LinkBuffer), L"\\DosDevices\\Pulse%u", number);
        RtlInitUnicodeString(&Extension->LinkName, Extension->LinkBuffer);
        status = IoCreateSymbolicLink(&Extension->LinkName, &target);
    } while (status == STATUS_OBJECT_NAME_COLLISION && ++number < 100);

    if (!NT_SUCCESS(status)) {
        Extension->LinkName.Length = 0;     // no link to delete
    }
    return status;
}

// The sample period that the INF has left in the device's hardware key, if any.
static ULONG PulseReadRate(PDEVICE_OBJECT PhysicalDeviceObject)
{
    UNICODE_STRING valueName = RTL_CONSTANT_STRING(L"Rate");
    DECLSPEC_ALIGN(8) UCHAR buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
    PKEY_VALUE_PARTIAL_INFORMATION value = (PKEY_VALUE_PARTIAL_INFORMATION)buffer;
    ULONG rate = PULSE_RATE_DEFAULT;
    ULONG length;
    HANDLE key;

    NTSTATUS status = IoOpenDeviceRegistryKey(PhysicalDeviceObject, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key);
    if (!NT_SUCCESS(status)) {
        return rate;
    }

    status = ZwQueryValueKey(key, &valueName, KeyValuePartialInformation, value, sizeof(buffer), &length);
    if (NT_SUCCESS(status) && value->Type == REG_DWORD && value->DataLength == sizeof(ULONG)) {
        ULONG stored = *(PULONG)value->Data;
        if (stored >= PULSE_RATE_MINIMUM && stored <= PULSE_RATE_MAXIMUM) {
            rate = stored;
        }
    }
    ZwClose(key);
    return rate;
}

NTSTATUS PulseAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    PAGED_CODE();
    status = IoCreateDevice(DriverObject, sizeof(PULSE_EXTENSION), NULL, PULSE_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    PPULSE_EXTENSION extension = device->DeviceExtension;
    extension->Self = device;
    extension->PhysicalDevice = PhysicalDeviceObject;
    extension->State = PulseNotStarted;
    extension->Rate = PulseReadRate(PhysicalDeviceObject);
    ExInitializeFastMutex(&extension->HardwareMutex);
    KeInitializeSpinLock(&extension->SampleLock);
    IoInitializeRemoveLock(&extension->RemoveLock, PULSE_TAG, 0, 0);
    IoInitializeDpcRequest(device, PulseDpcForIsr);

    status = PulseInitializeQueue(extension);
    if (!NT_SUCCESS(status)) {
        goto DeleteDevice;
    }

    extension->LowerDevice = IoAttachDeviceToDeviceStack(device, PhysicalDeviceObject);
    if (extension->LowerDevice == NULL) {
        status = STATUS_NO_SUCH_DEVICE;
        goto DeleteDevice;
    }

    status = IoRegisterDeviceInterface(PhysicalDeviceObject, &GUID_DEVINTERFACE_PULSE, NULL, &extension->InterfaceName);
    if (!NT_SUCCESS(status)) {
        goto Detach;
    }

    status = PulseCreateLink(extension);
    if (!NT_SUCCESS(status)) {
        goto FreeInterface;
    }

    device->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

FreeInterface:
    RtlFreeUnicodeString(&extension->InterfaceName);
Detach:
    IoDetachDevice(extension->LowerDevice);
DeleteDevice:
    IoDeleteDevice(device);
    return status;
}

NTSTATUS PulseComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_SERIAL_INCREMENT : IO_NO_INCREMENT);
    return Status;
}
