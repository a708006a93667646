// The device: its registers and interrupt, from the start to the stop, the interrupt service routine and the DPC.

#include "pulse.h"

#pragma alloc_text(PAGE, PulseStartHardware)
#pragma alloc_text(PAGE, PulseStopHardware)

// At the device's IRQL, with the interrupt's lock held. Does the least: claims, silences, remembers, and leaves the rest to the DPC.
BOOLEAN PulseIsr(PKINTERRUPT Interrupt, PVOID ServiceContext)
{
    PDEVICE_OBJECT device = ServiceContext;
    PPULSE_EXTENSION extension = device->DeviceExtension;

    ULONG status = READ_REGISTER_ULONG(&extension->Registers->Status);
    if (status == PULSE_ABSENT || (status & PULSE_STATUS_INTERRUPT) == 0) {
        return FALSE;                               // the line is shared: somebody else's
    }

    WRITE_REGISTER_ULONG(&extension->Registers->Status, PULSE_STATUS_INTERRUPT);
    InterlockedOr(&extension->InterruptStatus, (LONG)status);
    extension->InterruptCount++;
    IoRequestDpc(device, NULL, extension);
    return TRUE;
}

static VOID PulseKeepSample(PPULSE_EXTENSION Extension, ULONG Sample)
{
    if (Extension->SampleCount == PULSE_BUFFERED_SAMPLES) {     // the oldest one makes room
        Extension->FirstSample = (Extension->FirstSample + 1) % PULSE_BUFFERED_SAMPLES;
        Extension->SampleCount--;
        Extension->Statistics.Dropped++;
    }
    Extension->Samples[(Extension->FirstSample + Extension->SampleCount) % PULSE_BUFFERED_SAMPLES] = Sample;
    Extension->SampleCount++;
    Extension->Statistics.Samples++;
}

// With SampleLock held. Until the FIFO is empty: a sample that comes meanwhile may not interrupt again before the next one.
static VOID PulseDrainFifo(PPULSE_EXTENSION Extension)
{
    PPULSE_REGISTERS registers = Extension->Registers;

    for (;;) {
        ULONG status = READ_REGISTER_ULONG(&registers->Status);
        if (status == PULSE_ABSENT || PULSE_STATUS_LEVEL(status) == 0) {
            return;
        }
        for (ULONG level = PULSE_STATUS_LEVEL(status); level > 0; level--) {
            PulseKeepSample(Extension, READ_REGISTER_ULONG(&registers->Fifo));
        }
    }
}

VOID PulseDpcForIsr(PKDPC Dpc, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PPULSE_EXTENSION extension = Context;
    ULONG status = (ULONG)InterlockedExchange(&extension->InterruptStatus, 0);

    KeAcquireSpinLockAtDpcLevel(&extension->SampleLock);
    extension->Statistics.Dpcs++;
    if (status & PULSE_STATUS_OVERRUN) {
        extension->Statistics.Overruns++;
        WRITE_REGISTER_ULONG(&extension->Registers->Status, PULSE_STATUS_OVERRUN);
    }
    PulseDrainFifo(extension);
    KeReleaseSpinLockFromDpcLevel(&extension->SampleLock);

    PulseServiceReads(extension);
}

static NTSTATUS PulseFindResources(PCM_RESOURCE_LIST Resources, PCM_PARTIAL_RESOURCE_DESCRIPTOR *Memory, PCM_PARTIAL_RESOURCE_DESCRIPTOR *Interrupt)
{
    *Memory = NULL;
    *Interrupt = NULL;
    if (Resources == NULL || Resources->Count == 0) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }

    PCM_PARTIAL_RESOURCE_LIST list = &Resources->List[0].PartialResourceList;
    for (ULONG i = 0; i < list->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = &list->PartialDescriptors[i];
        if (descriptor->Type == CmResourceTypeMemory && *Memory == NULL) {
            *Memory = descriptor;
        } else if (descriptor->Type == CmResourceTypeInterrupt && *Interrupt == NULL) {
            *Interrupt = descriptor;
        }
    }

    if (*Memory == NULL || *Interrupt == NULL || (*Memory)->u.Memory.Length < sizeof(PULSE_REGISTERS)) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PulseConnectInterrupt(PPULSE_EXTENSION Extension, PCM_PARTIAL_RESOURCE_DESCRIPTOR Resource)
{
    IO_CONNECT_INTERRUPT_PARAMETERS parameters;

    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Version = CONNECT_FULLY_SPECIFIED;
    parameters.FullySpecified.PhysicalDeviceObject = Extension->PhysicalDevice;
    parameters.FullySpecified.InterruptObject = &Extension->Interrupt;
    parameters.FullySpecified.ServiceRoutine = PulseIsr;
    parameters.FullySpecified.ServiceContext = Extension->Self;
    parameters.FullySpecified.SynchronizeIrql = (KIRQL)Resource->u.Interrupt.Level;
    parameters.FullySpecified.FloatingSave = FALSE;
    parameters.FullySpecified.ShareVector = Resource->ShareDisposition == CmResourceShareShared;
    parameters.FullySpecified.Vector = Resource->u.Interrupt.Vector;
    parameters.FullySpecified.Irql = (KIRQL)Resource->u.Interrupt.Level;
    parameters.FullySpecified.InterruptMode = (Resource->Flags & CM_RESOURCE_INTERRUPT_LATCHED) ? Latched : LevelSensitive;
    parameters.FullySpecified.ProcessorEnableMask = Resource->u.Interrupt.Affinity;
    return IoConnectInterruptEx(&parameters);
}

NTSTATUS PulseStartHardware(PPULSE_EXTENSION Extension, PCM_RESOURCE_LIST Resources)
{
    PCM_PARTIAL_RESOURCE_DESCRIPTOR memory, interrupt;
    NTSTATUS status;

    PAGED_CODE();
    status = PulseFindResources(Resources, &memory, &interrupt);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    Extension->RegistersLength = memory->u.Memory.Length;
    Extension->Registers = MmMapIoSpace(memory->u.Memory.Start, Extension->RegistersLength, MmNonCached);
    if (Extension->Registers == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    ULONG id = READ_REGISTER_ULONG(&Extension->Registers->Id);
    if (id != PULSE_ID) {
        DbgPrint("pulse: the registers' id is %08x, not %08x\n", id, PULSE_ID);
        status = STATUS_DEVICE_DATA_ERROR;
    } else {
        WRITE_REGISTER_ULONG(&Extension->Registers->Control, PULSE_CONTROL_FIFO_RESET);
        status = PulseConnectInterrupt(Extension, interrupt);
    }
    if (!NT_SUCCESS(status)) {
        MmUnmapIoSpace(Extension->Registers, Extension->RegistersLength);
        Extension->Registers = NULL;
        return status;
    }

    ExAcquireFastMutex(&Extension->HardwareMutex);
    Extension->HardwareReady = TRUE;
    WRITE_REGISTER_ULONG(&Extension->Registers->Rate, Extension->Rate);
    if (Extension->OpenHandles > 0) {               // a program has kept its handle over a stop
        PulseEnableSampling(Extension);
    }
    ExReleaseFastMutex(&Extension->HardwareMutex);
    return STATUS_SUCCESS;
}

// Present: the device still answers. May be called for a device that was never started.
VOID PulseStopHardware(PPULSE_EXTENSION Extension, BOOLEAN Present)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS parameters;

    PAGED_CODE();
    if (Extension->Registers == NULL) {
        return;
    }

    ExAcquireFastMutex(&Extension->HardwareMutex);
    if (Present) {
        PulseDisableSampling(Extension);
    }
    Extension->HardwareReady = FALSE;
    ExReleaseFastMutex(&Extension->HardwareMutex);

    // No interrupt after the disconnect, no DPC after the flush: only then may the registers go.
    RtlZeroMemory(&parameters, sizeof(parameters));
    parameters.Version = CONNECT_FULLY_SPECIFIED;
    parameters.ConnectionContext.InterruptObject = Extension->Interrupt;
    IoDisconnectInterruptEx(&parameters);
    Extension->Interrupt = NULL;
    KeFlushQueuedDpcs();

    MmUnmapIoSpace(Extension->Registers, Extension->RegistersLength);
    Extension->Registers = NULL;
}

// The next three: with HardwareMutex held, and HardwareReady.
VOID PulseEnableSampling(PPULSE_EXTENSION Extension)
{
    WRITE_REGISTER_ULONG(&Extension->Registers->Control, PULSE_CONTROL_FIFO_RESET);
    WRITE_REGISTER_ULONG(&Extension->Registers->Control, PULSE_CONTROL_ENABLE | PULSE_CONTROL_INTERRUPT_ENABLE);
}

VOID PulseDisableSampling(PPULSE_EXTENSION Extension)
{
    WRITE_REGISTER_ULONG(&Extension->Registers->Control, 0);
}

VOID PulseDiscardSamples(PPULSE_EXTENSION Extension)
{
    KIRQL irql;

    KeAcquireSpinLock(&Extension->SampleLock, &irql);
    PulseDrainFifo(Extension);
    Extension->SampleCount = 0;
    KeReleaseSpinLock(&Extension->SampleLock, irql);
}
