// buffers: a control device, \\.\Buffers, that answers one IOCTL for each way in which Windows hands a driver its buffers.
//
//   METHOD_BUFFERED    both buffers are one copy in pool: Irp->AssociatedIrp.SystemBuffer
//   METHOD_IN_DIRECT   input is a copy, the output buffer is locked and described by Irp->MdlAddress; the driver reads it
//   METHOD_OUT_DIRECT  the same, and the driver writes it
//   METHOD_NEITHER     two raw user addresses. The driver must be in the caller's context, probe, guard and copy.
//
// A bad user address ends in the status of the exception (STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT), never in a bug check.

#include "kernel.h"
#include "buffers_ioctl.h"

#define BUFFERS_TAG 'fuBK'

typedef struct _BUFFERS_EXTENSION {
    FAST_MUTEX Mutex;                   // guards the two below
    ULONG StoredLength;
    UCHAR Stored[BUFFERS_CAPACITY];
    LONG Requests;
} BUFFERS_EXTENSION, *PBUFFERS_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD BuffersUnload;
DRIVER_DISPATCH BuffersCreateClose;
DRIVER_DISPATCH BuffersDeviceControl;

static NTSTATUS BuffersBuffered(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information);
static NTSTATUS BuffersInDirect(PBUFFERS_EXTENSION Extension, PIRP Irp, PULONG_PTR Information);
static NTSTATUS BuffersOutDirect(PBUFFERS_EXTENSION Extension, PIRP Irp, PULONG_PTR Information);
static NTSTATUS BuffersNeither(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information);
static NTSTATUS BuffersNeitherMdl(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information);
static VOID BuffersReverse(PUCHAR Destination, const UCHAR *Source, ULONG Length);

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, BuffersUnload)
#pragma alloc_text(PAGE, BuffersCreateClose)
#pragma alloc_text(PAGE, BuffersDeviceControl)
#pragma alloc_text(PAGE, BuffersBuffered)
#pragma alloc_text(PAGE, BuffersInDirect)
#pragma alloc_text(PAGE, BuffersOutDirect)
#pragma alloc_text(PAGE, BuffersNeither)
#pragma alloc_text(PAGE, BuffersNeitherMdl)
#pragma alloc_text(PAGE, BuffersReverse)

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING deviceName = RTL_CONSTANT_STRING(L"\\Device\\Buffers");
    UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Buffers");
    PDEVICE_OBJECT device;
    NTSTATUS status;

    status = IoCreateDevice(DriverObject, sizeof(BUFFERS_EXTENSION), &deviceName, BUFFERS_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    PBUFFERS_EXTENSION extension = device->DeviceExtension;
    ExInitializeFastMutex(&extension->Mutex);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = BuffersCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BuffersCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BuffersDeviceControl;
    DriverObject->DriverUnload = BuffersUnload;

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}

VOID BuffersUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Buffers");

    PAGED_CODE();
    IoDeleteSymbolicLink(&linkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS BuffersCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PAGED_CODE();
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

NTSTATUS BuffersDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PBUFFERS_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR information = 0;
    NTSTATUS status;

    PAGED_CODE();
    InterlockedIncrement(&extension->Requests);

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_BUFFERS_BUFFERED:
        status = BuffersBuffered(Irp, stack, &information);
        break;
    case IOCTL_BUFFERS_IN_DIRECT:
        status = BuffersInDirect(extension, Irp, &information);
        break;
    case IOCTL_BUFFERS_OUT_DIRECT:
        status = BuffersOutDirect(extension, Irp, &information);
        break;
    case IOCTL_BUFFERS_NEITHER:
        status = BuffersNeither(Irp, stack, &information);
        break;
    case IOCTL_BUFFERS_NEITHER_MDL:
        status = BuffersNeitherMdl(Irp, stack, &information);
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }

    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

// Input and output are the same bytes of pool, so the input is turned round in place.
static NTSTATUS BuffersBuffered(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PUCHAR buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG length = Stack->Parameters.DeviceIoControl.InputBufferLength;

    PAGED_CODE();
    if (length == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < length) {
        return STATUS_BUFFER_TOO_SMALL;
    }

    for (ULONG left = 0, right = length - 1; left < right; left++, right--) {
        UCHAR swapped = buffer[left];
        buffer[left] = buffer[right];
        buffer[right] = swapped;
    }
    *Information = length;
    return STATUS_SUCCESS;
}

static NTSTATUS BuffersInDirect(PBUFFERS_EXTENSION Extension, PIRP Irp, PULONG_PTR Information)
{
    PAGED_CODE();
    if (Irp->MdlAddress == NULL) {
        return STATUS_INVALID_PARAMETER;
    }

    ULONG length = MmGetMdlByteCount(Irp->MdlAddress);
    if (length > BUFFERS_CAPACITY) {
        return STATUS_INVALID_BUFFER_SIZE;
    }

    PUCHAR data = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    ExAcquireFastMutex(&Extension->Mutex);
    RtlCopyMemory(Extension->Stored, data, length);
    Extension->StoredLength = length;
    ExReleaseFastMutex(&Extension->Mutex);
    *Information = length;
    return STATUS_SUCCESS;
}

static NTSTATUS BuffersOutDirect(PBUFFERS_EXTENSION Extension, PIRP Irp, PULONG_PTR Information)
{
    PAGED_CODE();
    if (Irp->MdlAddress == NULL) {
        return STATUS_INVALID_PARAMETER;
    }

    PUCHAR data = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    ULONG capacity = MmGetMdlByteCount(Irp->MdlAddress);
    ExAcquireFastMutex(&Extension->Mutex);
    ULONG length = Extension->StoredLength < capacity ? Extension->StoredLength : capacity;
    RtlCopyMemory(data, Extension->Stored, length);
    BOOLEAN cut = length < Extension->StoredLength;
    ExReleaseFastMutex(&Extension->Mutex);

    *Information = length;
    return cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

// Captures the input before it uses it: another thread of the caller may change it at any time, or free it.
static NTSTATUS BuffersNeither(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    PVOID input = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    PVOID output = Irp->UserBuffer;
    ULONG length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    NTSTATUS status = STATUS_SUCCESS;

    PAGED_CODE();
    if (length == 0 || length > BUFFERS_CAPACITY) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < length) {
        return STATUS_BUFFER_TOO_SMALL;
    }

    PUCHAR captured = ExAllocatePoolWithTag(PagedPool, length, BUFFERS_TAG);
    if (captured == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    __try {
        if (Irp->RequestorMode != KernelMode) {
            ProbeForRead(input, length, sizeof(UCHAR));
            ProbeForWrite(output, length, sizeof(UCHAR));
        }
        RtlCopyMemory(captured, input, length);
        BuffersReverse(output, captured, length);
        *Information = length;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }

    ExFreePoolWithTag(captured, BUFFERS_TAG);
    return status;
}

// Locks the caller's pages with MDLs of its own, as a driver does whose device or DPC needs the buffers later.
static NTSTATUS BuffersNeitherMdl(PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ULONG length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    BOOLEAN inputLocked = FALSE, outputLocked = FALSE;
    PMDL inputMdl = NULL, outputMdl = NULL;
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    PAGED_CODE();
    if (length == 0 || length > BUFFERS_CAPACITY) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < length) {
        return STATUS_BUFFER_TOO_SMALL;
    }

    __try {
        inputMdl = IoAllocateMdl(Stack->Parameters.DeviceIoControl.Type3InputBuffer, length, FALSE, FALSE, NULL);
        outputMdl = IoAllocateMdl(Irp->UserBuffer, length, FALSE, FALSE, NULL);
        if (inputMdl == NULL || outputMdl == NULL) {
            __leave;
        }

        __try {
            MmProbeAndLockPages(inputMdl, Irp->RequestorMode, IoReadAccess);
            inputLocked = TRUE;
            MmProbeAndLockPages(outputMdl, Irp->RequestorMode, IoWriteAccess);
            outputLocked = TRUE;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
            __leave;
        }

        PUCHAR source = MmGetSystemAddressForMdlSafe(inputMdl, NormalPagePriority);
        PUCHAR destination = MmGetSystemAddressForMdlSafe(outputMdl, NormalPagePriority);
        if (source == NULL || destination == NULL) {
            __leave;
        }
        BuffersReverse(destination, source, length);
        *Information = length;
        status = STATUS_SUCCESS;
    } __finally {
        if (outputLocked) {
            MmUnlockPages(outputMdl);
        }
        if (inputLocked) {
            MmUnlockPages(inputMdl);
        }
        if (outputMdl != NULL) {
            IoFreeMdl(outputMdl);
        }
        if (inputMdl != NULL) {
            IoFreeMdl(inputMdl);
        }
    }
    return status;
}

static VOID BuffersReverse(PUCHAR Destination, const UCHAR *Source, ULONG Length)
{
    PAGED_CODE();
    for (ULONG i = 0; i < Length; i++) {
        Destination[i] = Source[Length - 1 - i];
    }
}
