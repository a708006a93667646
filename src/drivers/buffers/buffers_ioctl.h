// What a program sends to \\.\Buffers.
#pragma once

#define BUFFERS_DEVICE_TYPE 0x8021

// Information: bytes written to the output buffer (IN_DIRECT: bytes read from it).
#define IOCTL_BUFFERS_BUFFERED    CTL_CODE(BUFFERS_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)   // 0x80212000: output = input, reversed
#define IOCTL_BUFFERS_IN_DIRECT   CTL_CODE(BUFFERS_DEVICE_TYPE, 0x801, METHOD_IN_DIRECT, FILE_ANY_ACCESS)  // 0x80212005: the driver keeps what the output buffer holds
#define IOCTL_BUFFERS_OUT_DIRECT  CTL_CODE(BUFFERS_DEVICE_TYPE, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS) // 0x8021200a: output = what the driver keeps
#define IOCTL_BUFFERS_NEITHER     CTL_CODE(BUFFERS_DEVICE_TYPE, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)    // 0x8021200f: output = input, reversed; probed
#define IOCTL_BUFFERS_NEITHER_MDL CTL_CODE(BUFFERS_DEVICE_TYPE, 0x804, METHOD_NEITHER, FILE_ANY_ACCESS)    // 0x80212013: output = input, reversed; pages locked

#define BUFFERS_CAPACITY 4096
