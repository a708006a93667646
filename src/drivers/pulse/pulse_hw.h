// Pulse's registers; src/KdSim.Devices/Pulse/README.md explains them.
#pragma once

typedef struct _PULSE_REGISTERS {
    ULONG Id;                       // 00
    ULONG Version;                  // 04
    ULONG Control;                  // 08
    ULONG Status;                   // 0c
    ULONG Rate;                     // 10
    ULONG Fifo;                     // 14
    ULONG Watermark;                // 18
    ULONG Sequence;                 // 1c
    ULONG Scratch;                  // 20
} PULSE_REGISTERS, *PPULSE_REGISTERS;

#define PULSE_ID                        0x50554C53

#define PULSE_CONTROL_ENABLE            0x00000001
#define PULSE_CONTROL_INTERRUPT_ENABLE  0x00000002
#define PULSE_CONTROL_FIFO_RESET        0x00000004

#define PULSE_STATUS_READY              0x00000001
#define PULSE_STATUS_OVERRUN            0x00000002
#define PULSE_STATUS_INTERRUPT          0x00000004
#define PULSE_STATUS_UNDERRUN           0x00000008
#define PULSE_STATUS_LEVEL(Status)      (((Status) >> 16) & 0x7F)

#define PULSE_RATE_MINIMUM              10
#define PULSE_RATE_DEFAULT              1000
#define PULSE_RATE_MAXIMUM              1000000
#define PULSE_WATERMARK_MAXIMUM         64

// What any register of an absent device reads as.
#define PULSE_ABSENT                    0xFFFFFFFF
