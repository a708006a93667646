// What a program sends to \\.\Sluggish.
#pragma once

#define SLUGGISH_DEVICE_TYPE 0x8023

#define IOCTL_SLUGGISH_DPC        CTL_CODE(SLUGGISH_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)  // 0x80232000: in ULONG: a DPC of so many microseconds
#define IOCTL_SLUGGISH_LOCK       CTL_CODE(SLUGGISH_DEVICE_TYPE, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)  // 0x80232004: in ULONG: holds the lock so many microseconds
#define IOCTL_SLUGGISH_LOSE       CTL_CODE(SLUGGISH_DEVICE_TYPE, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)  // 0x80232008: pending for ever
#define IOCTL_SLUGGISH_POWER_DOWN CTL_CODE(SLUGGISH_DEVICE_TYPE, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)  // 0x8023200c: ends when the device is in D3: never

// The longest time that one request may burn.
#define SLUGGISH_MOST_MICROSECONDS 5000
