// What a program sends to \\.\Broken. Each code makes the driver commit one fault; the comment says how a Windows kernel answers.
#pragma once

#define BROKEN_DEVICE_TYPE 0x8022
#define BROKEN_CODE(Index) CTL_CODE(BROKEN_DEVICE_TYPE, 0x800 + (Index), METHOD_NEITHER, FILE_ANY_ACCESS)

#define IOCTL_BROKEN_NULL_READ_IN_DPC          BROKEN_CODE(0)   // 80222003: D1 (0, 2, 0, BrokenNullReadDpc)
#define IOCTL_BROKEN_PAGED_DATA_AT_DISPATCH    BROKEN_CODE(1)   // 80222007: D1 (address, 2, 0, BrokenPagedDataAtDispatch): the page was never touched
#define IOCTL_BROKEN_PAGED_CODE_AT_DISPATCH    BROKEN_CODE(2)   // 8022200b: D1 (address, 2, 8, address); success without force IRQL checking
#define IOCTL_BROKEN_PAGED_ROUTINE_AT_DISPATCH BROKEN_CODE(3)   // 8022200f: A (ZwOpenKey, 2, 8, ZwOpenKey): a pageable routine of nt
#define IOCTL_BROKEN_DOUBLE_COMPLETION         BROKEN_CODE(4)   // 80222013: 44 (IRP, ...)
#define IOCTL_BROKEN_USER_POINTER_UNGUARDED    BROKEN_CODE(5)   // 80222017: reads the input buffer; bad address: 3B (c0000005, BrokenUserPointerUnguarded, ...)
#define IOCTL_BROKEN_USER_POINTER_GUARDED      BROKEN_CODE(6)   // 8022201b: the same inside __try: the IOCTL ends with c0000005
#define IOCTL_BROKEN_LIST_CORRUPTION           BROKEN_CODE(7)   // 8022201f: 139 (3, ...)
#define IOCTL_BROKEN_POOL_OVERRUN              BROKEN_CODE(8)   // 80222023: 19 or C2, at the free
#define IOCTL_BROKEN_DOUBLE_FREE               BROKEN_CODE(9)   // 80222027: C2 (7, ...)
#define IOCTL_BROKEN_USE_AFTER_FREE            BROKEN_CODE(10)  // 8022202b: nothing at once; special pool faults
#define IOCTL_BROKEN_IRQL_LEFT_RAISED          BROKEN_CODE(11)  // 8022202f: 4A (system service, 2, ...)
#define IOCTL_BROKEN_LOOP_IN_DPC               BROKEN_CODE(12)  // 80222033: 133 (0, ticks, limit, ...): one DPC takes too long
#define IOCTL_BROKEN_STACK_OVERFLOW            BROKEN_CODE(13)  // 80222037: 7F (8, ...)
#define IOCTL_BROKEN_DIVIDE_BY_ZERO            BROKEN_CODE(14)  // 8022203b: 3B (c0000094, BrokenDivideByZero, ...)
#define IOCTL_BROKEN_EXECUTE_DATA              BROKEN_CODE(15)  // 8022203f: FC (address, PTE, ...)
#define IOCTL_BROKEN_WRITE_CODE                BROKEN_CODE(16)  // 80222043: BE (address, PTE, ...)
#define IOCTL_BROKEN_BUG_CHECK                 BROKEN_CODE(17)  // 80222047: E2 (42, 52, 4f, 4b)
#define IOCTL_BROKEN_SPIN_LOCK_TWICE           BROKEN_CODE(18)  // 8022204b: 133 (1, period, ...): spins for ever at DISPATCH_LEVEL
#define IOCTL_BROKEN_WAIT_AT_DISPATCH          BROKEN_CODE(19)  // 8022204f: B8: waits on an unset event at DISPATCH_LEVEL
#define IOCTL_BROKEN_WAIT_IN_DPC               BROKEN_CODE(20)  // 80222053: B8
#define IOCTL_BROKEN_BAD_KERNEL_ADDRESS        BROKEN_CODE(21)  // 80222057: 50 (address, 0, BrokenBadKernelAddress, ...), though inside __try
#define IOCTL_BROKEN_CALL_NULL                 BROKEN_CODE(22)  // 8022205b: 3B (c0000005, 0, ...)
#define IOCTL_BROKEN_RAISE_STATUS              BROKEN_CODE(23)  // 8022205f: 3B (c000009a, ...)
#define IOCTL_BROKEN_CRITICAL_REGION_LEFT      BROKEN_CODE(24)  // 80222063: 1 (APC_INDEX_MISMATCH)
#define IOCTL_BROKEN_SYSTEM_THREAD_FAULT       BROKEN_CODE(25)  // 80222067: 7E (c0000005, BrokenFaultingThread, ...)
#define IOCTL_BROKEN_LOST_IRP                  BROKEN_CODE(26)  // 8022206b: the IRP stays pending for ever, without a cancel routine
#define IOCTL_BROKEN_BREAKPOINT                BROKEN_CODE(27)  // 8022206f: breaks into the debugger, then succeeds
#define IOCTL_BROKEN_USED_PAGED_DATA           BROKEN_CODE(28)  // 80222073: D1 (address, 2, 1, ...); success without force IRQL checking
#define IOCTL_BROKEN_FREE_LIST_CORRUPTION      BROKEN_CODE(29)  // 80222077: C5 (address, 2, ...): a free block was written to
#define IOCTL_BROKEN_EXECUTE_USER_PAGE         BROKEN_CODE(30)  // 8022207b: FC (the caller's input buffer, PTE, ...)
#define IOCTL_BROKEN_STACK_COOKIE              BROKEN_CODE(31)  // 8022207f: 139 (2, ...)
#define IOCTL_BROKEN_EXCEPTION_IN_DPC          BROKEN_CODE(32)  // 80222083: 1E (c0000094, BrokenDivideDpc, ...)
#define IOCTL_BROKEN_LOCKED_PAGES              BROKEN_CODE(33)  // 80222087: 76 (0, process, pages, 0), when the process ends
