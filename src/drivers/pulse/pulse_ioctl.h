// What a program sends to a Pulse device, opened by its interface or as \\.\Pulse0.
#pragma once

// {B3A1F0C2-5D7E-4C19-9E64-1A50C0DE0001}
DEFINE_GUID(GUID_DEVINTERFACE_PULSE, 0xb3a1f0c2, 0x5d7e, 0x4c19, 0x9e, 0x64, 0x1a, 0x50, 0xc0, 0xde, 0x00, 0x01);

#define PULSE_DEVICE_TYPE 0x8020

#define IOCTL_PULSE_SET_RATE       CTL_CODE(PULSE_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)   // 0x80202000: in ULONG, microseconds a sample
#define IOCTL_PULSE_GET_RATE       CTL_CODE(PULSE_DEVICE_TYPE, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)   // 0x80202004: out ULONG
#define IOCTL_PULSE_SET_WATERMARK  CTL_CODE(PULSE_DEVICE_TYPE, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)   // 0x80202008: in ULONG, samples an interrupt
#define IOCTL_PULSE_GET_STATISTICS CTL_CODE(PULSE_DEVICE_TYPE, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)   // 0x8020200c: out PULSE_STATISTICS
#define IOCTL_PULSE_FLUSH          CTL_CODE(PULSE_DEVICE_TYPE, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)   // 0x80202010: throws away what is buffered

typedef struct _PULSE_STATISTICS {
    ULONG Interrupts;               // that were ours
    ULONG Dpcs;
    ULONG Samples;                  // taken from the FIFO
    ULONG Overruns;                 // times the FIFO was found to have lost samples
    ULONG Dropped;                  // samples that the driver threw away, since nobody read
    ULONG ReadsCompleted;
    ULONG ReadsCancelled;
} PULSE_STATISTICS, *PPULSE_STATISTICS;

// A read takes whole samples, and ends when its buffer is full.
#define PULSE_SAMPLE_SIZE      sizeof(ULONG)
#define PULSE_BUFFERED_SAMPLES 1024
