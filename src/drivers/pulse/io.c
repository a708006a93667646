// What programs ask for. A read waits in a cancel-safe queue until there are enough samples to fill its buffer.
//
// Reads are served in the order of their arrival: one that waits for many samples holds up a smaller one behind it.
// Every request holds the remove lock until it completes, a waiting read too.

#include "pulse.h"

#pragma alloc_text(PAGE, PulseDispatchCreate)
#pragma alloc_text(PAGE, PulseDispatchClose)
#pragma alloc_text(PAGE, PulseDispatchDeviceControl)

// What PulseCsqPeekNextIrp looks for; both may be "any".
typedef struct _PULSE_PEEK {
    PFILE_OBJECT FileObject;            // NULL: of any handle
    ULONG Samples;                      // the first read, if it wants no more than these
} PULSE_PEEK, *PPULSE_PEEK;

#define PULSE_ANY_LENGTH MAXULONG

// ---- Create, cleanup, close ----

NTSTATUS PulseDispatchCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;

    PAGED_CODE();
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseComplete(Irp, status, 0);
    }

    ExAcquireFastMutex(&extension->HardwareMutex);
    if (extension->State == PulseRemovePending) {
        status = STATUS_DELETE_PENDING;
    } else if (!extension->HardwareReady) {
        status = STATUS_DEVICE_NOT_READY;
    } else if (extension->OpenHandles++ == 0) {
        PulseDiscardSamples(extension);
        PulseEnableSampling(extension);
    }
    ExReleaseFastMutex(&extension->HardwareMutex);

    PulseComplete(Irp, status, 0);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

// The last handle to the file object is closed; other threads' requests on it may still wait.
NTSTATUS PulseDispatchCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;

    PulseFailReads(extension, IoGetCurrentIrpStackLocation(Irp)->FileObject, STATUS_CANCELLED);
    return PulseComplete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS PulseDispatchClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;

    PAGED_CODE();
    ExAcquireFastMutex(&extension->HardwareMutex);
    if (--extension->OpenHandles == 0 && extension->HardwareReady) {
        PulseDisableSampling(extension);
    }
    ExReleaseFastMutex(&extension->HardwareMutex);
    return PulseComplete(Irp, STATUS_SUCCESS, 0);
}

// ---- Reads ----

NTSTATUS PulseDispatchRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;

    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseComplete(Irp, status, 0);
    }

    if (length % PULSE_SAMPLE_SIZE != 0 || length > sizeof(extension->Samples)) {
        status = STATUS_INVALID_BUFFER_SIZE;
    } else if (length != 0 && MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority) == NULL) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(status) || length == 0) {
        PulseComplete(Irp, status, 0);
        IoReleaseRemoveLock(&extension->RemoveLock, Irp);
        return status;
    }

    IoCsqInsertIrp(&extension->ReadQueue, Irp, NULL);       // marks it pending; from here on it may complete at any time
    if (extension->Gone) {                                  // PulseTakeAway may have emptied the queue just before
        PulseFailReads(extension, NULL, STATUS_DEVICE_NOT_CONNECTED);
    }
    PulseServiceReads(extension);
    return STATUS_PENDING;
}

static VOID PulseFinishRead(PPULSE_EXTENSION Extension, PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    PulseComplete(Irp, Status, Information);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
}

// With SampleLock held: moves the oldest samples to the read's buffer.
static ULONG PulseTakeSamples(PPULSE_EXTENSION Extension, PIRP Irp)
{
    PULONG buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;

    for (ULONG i = 0; i < length / PULSE_SAMPLE_SIZE; i++) {
        buffer[i] = Extension->Samples[Extension->FirstSample];
        Extension->FirstSample = (Extension->FirstSample + 1) % PULSE_BUFFERED_SAMPLES;
        Extension->SampleCount--;
    }
    Extension->Statistics.ReadsCompleted++;
    return length;
}

// Completes every read that the buffered samples can fill. From the DPC and from PulseDispatchRead, so at <= DISPATCH_LEVEL.
VOID PulseServiceReads(PPULSE_EXTENSION Extension)
{
    for (;;) {
        PULSE_PEEK peek = { 0 };
        ULONG length = 0;
        KIRQL irql;

        KeAcquireSpinLock(&Extension->SampleLock, &irql);
        peek.Samples = Extension->SampleCount;
        PIRP irp = IoCsqRemoveNextIrp(&Extension->ReadQueue, &peek);
        if (irp != NULL) {
            length = PulseTakeSamples(Extension, irp);
        }
        KeReleaseSpinLock(&Extension->SampleLock, irql);

        if (irp == NULL) {
            return;
        }
        PulseFinishRead(Extension, irp, STATUS_SUCCESS, length);
    }
}

// Ends the waiting reads of one handle, or all.
VOID PulseFailReads(PPULSE_EXTENSION Extension, PFILE_OBJECT FileObject, NTSTATUS Status)
{
    PULSE_PEEK peek = { FileObject, PULSE_ANY_LENGTH };
    PIRP irp;

    while ((irp = IoCsqRemoveNextIrp(&Extension->ReadQueue, &peek)) != NULL) {
        PulseFinishRead(Extension, irp, Status, 0);
    }
}

// ---- The cancel-safe queue's routines ----

static PPULSE_EXTENSION PulseFromQueue(PIO_CSQ Queue)
{
    return CONTAINING_RECORD(Queue, PULSE_EXTENSION, ReadQueue);
}

static VOID NTAPI PulseCsqInsertIrp(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&PulseFromQueue(Csq)->ReadList, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI PulseCsqRemoveIrp(PIO_CSQ Csq, PIRP Irp)
{
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI PulseCsqPeekNextIrp(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PPULSE_EXTENSION extension = PulseFromQueue(Csq);
    PPULSE_PEEK peek = PeekContext;
    PLIST_ENTRY entry = Irp == NULL ? extension->ReadList.Flink : Irp->Tail.Overlay.ListEntry.Flink;

    for (; entry != &extension->ReadList; entry = entry->Flink) {
        PIRP candidate = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(candidate);
        if (peek == NULL) {
            return candidate;
        }
        if (peek->FileObject == NULL || peek->FileObject == stack->FileObject) {
            return stack->Parameters.Read.Length / PULSE_SAMPLE_SIZE <= peek->Samples ? candidate : NULL;
        }
    }
    return NULL;
}

static VOID NTAPI PulseCsqAcquireLock(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&PulseFromQueue(Csq)->QueueLock, Irql);
}

static VOID NTAPI PulseCsqReleaseLock(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&PulseFromQueue(Csq)->QueueLock, Irql);
}

static VOID NTAPI PulseCsqCompleteCanceledIrp(PIO_CSQ Csq, PIRP Irp)
{
    PPULSE_EXTENSION extension = PulseFromQueue(Csq);
    KIRQL irql;

    KeAcquireSpinLock(&extension->SampleLock, &irql);
    extension->Statistics.ReadsCancelled++;
    KeReleaseSpinLock(&extension->SampleLock, irql);
    PulseFinishRead(extension, Irp, STATUS_CANCELLED, 0);
}

NTSTATUS PulseInitializeQueue(PPULSE_EXTENSION Extension)
{
    InitializeListHead(&Extension->ReadList);
    KeInitializeSpinLock(&Extension->QueueLock);
    return IoCsqInitialize(&Extension->ReadQueue, PulseCsqInsertIrp, PulseCsqRemoveIrp, PulseCsqPeekNextIrp,
                           PulseCsqAcquireLock, PulseCsqReleaseLock, PulseCsqCompleteCanceledIrp);
}

// ---- IOCTLs ----

typedef struct _PULSE_COUNT_CONTEXT {
    PPULSE_EXTENSION Extension;
    ULONG Interrupts;
} PULSE_COUNT_CONTEXT, *PPULSE_COUNT_CONTEXT;

// Runs at the device's IRQL, so never while the ISR does.
static BOOLEAN NTAPI PulseCountInterrupts(PVOID Context)
{
    PPULSE_COUNT_CONTEXT count = Context;
    count->Interrupts = count->Extension->InterruptCount;
    return TRUE;
}

// With HardwareMutex held, and HardwareReady.
static VOID PulseGetStatistics(PPULSE_EXTENSION Extension, PPULSE_STATISTICS Statistics)
{
    PULSE_COUNT_CONTEXT count = { Extension, 0 };
    KIRQL irql;

    KeSynchronizeExecution(Extension->Interrupt, PulseCountInterrupts, &count);
    KeAcquireSpinLock(&Extension->SampleLock, &irql);
    *Statistics = Extension->Statistics;
    KeReleaseSpinLock(&Extension->SampleLock, irql);
    Statistics->Interrupts = count.Interrupts;
}

// With HardwareMutex held, and HardwareReady. Buffer is both input and output (METHOD_BUFFERED).
static NTSTATUS PulseControl(PPULSE_EXTENSION Extension, PIO_STACK_LOCATION Stack, PVOID Buffer, PULONG_PTR Information)
{
    ULONG inputLength = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG outputLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PULSE_SET_RATE:
        if (inputLength < sizeof(ULONG)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        if (*(PULONG)Buffer < PULSE_RATE_MINIMUM || *(PULONG)Buffer > PULSE_RATE_MAXIMUM) {
            return STATUS_INVALID_PARAMETER;
        }
        Extension->Rate = *(PULONG)Buffer;
        WRITE_REGISTER_ULONG(&Extension->Registers->Rate, Extension->Rate);
        return STATUS_SUCCESS;

    case IOCTL_PULSE_GET_RATE:
        if (outputLength < sizeof(ULONG)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        *(PULONG)Buffer = READ_REGISTER_ULONG(&Extension->Registers->Rate);
        *Information = sizeof(ULONG);
        return STATUS_SUCCESS;

    case IOCTL_PULSE_SET_WATERMARK:
        if (inputLength < sizeof(ULONG)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        if (*(PULONG)Buffer < 1 || *(PULONG)Buffer > PULSE_WATERMARK_MAXIMUM) {
            return STATUS_INVALID_PARAMETER;
        }
        WRITE_REGISTER_ULONG(&Extension->Registers->Watermark, *(PULONG)Buffer);
        return STATUS_SUCCESS;

    case IOCTL_PULSE_GET_STATISTICS:
        if (outputLength < sizeof(PULSE_STATISTICS)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        PulseGetStatistics(Extension, Buffer);
        *Information = sizeof(PULSE_STATISTICS);
        return STATUS_SUCCESS;

    case IOCTL_PULSE_FLUSH:
        PulseDiscardSamples(Extension);
        return STATUS_SUCCESS;

    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS PulseDispatchDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PPULSE_EXTENSION extension = DeviceObject->DeviceExtension;
    ULONG_PTR information = 0;

    PAGED_CODE();
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    if (!NT_SUCCESS(status)) {
        return PulseComplete(Irp, status, 0);
    }

    ExAcquireFastMutex(&extension->HardwareMutex);
    if (extension->HardwareReady) {
        status = PulseControl(extension, IoGetCurrentIrpStackLocation(Irp), Irp->AssociatedIrp.SystemBuffer, &information);
    } else {
        status = STATUS_DEVICE_NOT_READY;
    }
    ExReleaseFastMutex(&extension->HardwareMutex);

    PulseComplete(Irp, status, information);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}
