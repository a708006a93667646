// The Pulse function driver: its device extension, and the functions that its files share.
//
//   pulse.c   DriverEntry, AddDevice, unloading
//   pnp.c     plug and play, power, WMI: what the PnP manager sends
//   io.c      create to close, reads and their cancel-safe queue, IOCTLs
//   isr.c     the device itself: start, stop, interrupt, DPC
#pragma once

#include "kernel.h"
#include "pulse_ioctl.h"
#include "pulse_hw.h"

#define PULSE_TAG 'sluP'

typedef enum _PULSE_STATE {
    PulseNotStarted,
    PulseStarted,
    PulseStopPending,
    PulseStopped,
    PulseRemovePending,
    PulseSurpriseRemoved,
    PulseRemoved
} PULSE_STATE;

typedef struct _PULSE_EXTENSION {
    PDEVICE_OBJECT Self;
    PDEVICE_OBJECT PhysicalDevice;
    PDEVICE_OBJECT LowerDevice;
    PULSE_STATE State;
    PULSE_STATE PreviousState;          // to go back to when a query is cancelled
    IO_REMOVE_LOCK RemoveLock;          // held by every request; a removal waits for it
    UNICODE_STRING InterfaceName;
    UNICODE_STRING LinkName;            // \DosDevices\PulseN
    WCHAR LinkBuffer[32];

    FAST_MUTEX HardwareMutex;           // guards the next three; held while anybody but ISR and DPC touches registers
    BOOLEAN HardwareReady;
    ULONG OpenHandles;                  // samples are made while there is one
    ULONG Rate;

    PPULSE_REGISTERS Registers;
    ULONG RegistersLength;
    PKINTERRUPT Interrupt;
    LONG InterruptStatus;               // STATUS bits that the ISR saw and the DPC has not yet taken
    ULONG InterruptCount;               // written by the ISR only

    KSPIN_LOCK SampleLock;              // guards the samples and the statistics; taken before QueueLock
    ULONG FirstSample;
    ULONG SampleCount;
    ULONG Samples[PULSE_BUFFERED_SAMPLES];
    PULSE_STATISTICS Statistics;

    IO_CSQ ReadQueue;
    LIST_ENTRY ReadList;                // pended reads, guarded by QueueLock
    KSPIN_LOCK QueueLock;
    BOOLEAN Gone;                       // the device will not come back: a read fails rather than waits
} PULSE_EXTENSION, *PPULSE_EXTENSION;

// pulse.c
DRIVER_INITIALIZE DriverEntry;
DRIVER_ADD_DEVICE PulseAddDevice;
DRIVER_UNLOAD PulseUnload;
NTSTATUS PulseComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);

// pnp.c
DRIVER_DISPATCH PulseDispatchPnp;
DRIVER_DISPATCH PulseDispatchPower;
DRIVER_DISPATCH PulseDispatchSystemControl;

// io.c
DRIVER_DISPATCH PulseDispatchCreate;
DRIVER_DISPATCH PulseDispatchCleanup;
DRIVER_DISPATCH PulseDispatchClose;
DRIVER_DISPATCH PulseDispatchRead;
DRIVER_DISPATCH PulseDispatchDeviceControl;
NTSTATUS PulseInitializeQueue(PPULSE_EXTENSION Extension);
VOID PulseServiceReads(PPULSE_EXTENSION Extension);
VOID PulseFailReads(PPULSE_EXTENSION Extension, PFILE_OBJECT FileObject, NTSTATUS Status);

// isr.c
KSERVICE_ROUTINE PulseIsr;
IO_DPC_ROUTINE PulseDpcForIsr;
NTSTATUS PulseStartHardware(PPULSE_EXTENSION Extension, PCM_RESOURCE_LIST Resources);
VOID PulseStopHardware(PPULSE_EXTENSION Extension, BOOLEAN Present);
VOID PulseEnableSampling(PPULSE_EXTENSION Extension);
VOID PulseDisableSampling(PPULSE_EXTENSION Extension);
VOID PulseDiscardSamples(PPULSE_EXTENSION Extension);
