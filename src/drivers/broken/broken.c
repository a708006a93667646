// broken: a control device, \\.\Broken, whose IOCTLs each commit one of the mistakes that drivers are known for.
// broken_ioctl.h says what a kernel answers. Every fault stands in a function of its own, so that a stack or `!analyze -v` names it.

#include "kernel.h"
#include "broken_ioctl.h"

#define BROKEN_TAG 'krBK'

typedef struct _BROKEN_EXTENSION {
    KDPC Dpc;
    KSPIN_LOCK Lock;
    KEVENT NeverSet;
    PIRP LostIrp;
} BROKEN_EXTENSION, *PBROKEN_EXTENSION;

// STATUS_PENDING: the fault has disposed of the IRP. Anything else: BrokenDeviceControl completes it so.
typedef NTSTATUS BROKEN_FAULT(PBROKEN_EXTENSION Extension, PIRP Irp);

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD BrokenUnload;
DRIVER_DISPATCH BrokenCreateClose;
DRIVER_DISPATCH BrokenDeviceControl;

static NTSTATUS BrokenPageableFunction(ULONG Value);

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, BrokenUnload)
#pragma alloc_text(PAGE, BrokenPageableFunction)

// Volatile, so that the compiler neither sees through the mistakes nor removes them.
static volatile ULONG *volatile BrokenNullPointer;
static volatile ULONG BrokenZero;

// ---- DPCs and threads ----

static VOID BrokenNullReadDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    ULONG value = *BrokenNullPointer;
    DbgPrint("broken: read %x from NULL\n", value);
}

static VOID BrokenLoopDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    while (BrokenZero == 0) {
        YieldProcessor();
    }
}

static VOID BrokenWaitDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PBROKEN_EXTENSION extension = Context;
    KeWaitForSingleObject(&extension->NeverSet, Executive, KernelMode, FALSE, NULL);
}

static VOID BrokenDivideDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    ULONG value = 1000 / BrokenZero;
    DbgPrint("broken: %u\n", value);
}

static VOID BrokenFaultingThread(PVOID Context)
{
    ULONG value = *BrokenNullPointer;
    PsTerminateSystemThread(value);
}

static NTSTATUS BrokenQueueDpc(PBROKEN_EXTENSION Extension, PKDEFERRED_ROUTINE Routine)
{
    KeInitializeDpc(&Extension->Dpc, Routine, Extension);
    KeInsertQueueDpc(&Extension->Dpc, NULL, NULL);
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenNullReadInDpc(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    return BrokenQueueDpc(Extension, BrokenNullReadDpc);
}

static NTSTATUS BrokenLoopInDpc(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    return BrokenQueueDpc(Extension, BrokenLoopDpc);
}

static NTSTATUS BrokenWaitInDpc(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    return BrokenQueueDpc(Extension, BrokenWaitDpc);
}

static NTSTATUS BrokenExceptionInDpc(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    return BrokenQueueDpc(Extension, BrokenDivideDpc);
}

static NTSTATUS BrokenSystemThreadFault(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    HANDLE thread;
    NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, BrokenFaultingThread, NULL);
    if (NT_SUCCESS(status)) {
        ZwClose(thread);
    }
    return status;
}

// ---- IRQL ----

// A block of several pages, so that the page read is one that nobody has touched yet.
static NTSTATUS BrokenPagedDataAtDispatch(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    PUCHAR paged = ExAllocatePoolWithTag(PagedPool, 16 * PAGE_SIZE, BROKEN_TAG);
    if (paged == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    volatile UCHAR value = paged[8 * PAGE_SIZE];
    KeLowerIrql(irql);
    ExFreePoolWithTag(paged, BROKEN_TAG);
    return value == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

// This page was used a moment ago, below DISPATCH_LEVEL: on a machine with memory to spare, nothing happens.
static NTSTATUS BrokenUsedPagedDataAtDispatch(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    volatile ULONG *paged = ExAllocatePoolWithTag(PagedPool, 64, BROKEN_TAG);
    if (paged == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *paged = 1;

    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    *paged = 2;
    KeLowerIrql(irql);
    ExFreePoolWithTag((PVOID)paged, BROKEN_TAG);
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenPageableFunction(ULONG Value)
{
    return Value == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS BrokenPagedCodeAtDispatch(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS status = BrokenPageableFunction(BrokenZero);
    KeLowerIrql(irql);
    return status;
}

static NTSTATUS BrokenPagedRoutineAtDispatch(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System");
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    KIRQL irql;

    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS status = ZwOpenKey(&key, KEY_READ, &attributes);
    KeLowerIrql(irql);
    if (NT_SUCCESS(status)) {
        ZwClose(key);
    }
    return status;
}

static NTSTATUS BrokenIrqlLeftRaised(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenSpinLockTwice(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    KIRQL first, second;
    KeAcquireSpinLock(&Extension->Lock, &first);
    KeAcquireSpinLock(&Extension->Lock, &second);
    KeReleaseSpinLock(&Extension->Lock, second);
    KeReleaseSpinLock(&Extension->Lock, first);
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenWaitAtDispatch(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS status = KeWaitForSingleObject(&Extension->NeverSet, Executive, KernelMode, FALSE, NULL);
    KeLowerIrql(irql);
    return status;
}

static NTSTATUS BrokenCriticalRegionLeft(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    KeEnterCriticalRegion();
    return STATUS_SUCCESS;
}

// ---- IRPs and buffers ----

static NTSTATUS BrokenDoubleCompletion(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;              // BrokenDeviceControl completes it again
}

static NTSTATUS BrokenLostIrp(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    IoMarkIrpPending(Irp);
    Extension->LostIrp = Irp;
    return STATUS_PENDING;
}

static NTSTATUS BrokenUserPointerUnguarded(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    volatile ULONG *input = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.Type3InputBuffer;
    volatile ULONG value = *input;
    Irp->IoStatus.Information = value & 0xFFFF;
    return STATUS_SUCCESS;
}

// Nobody unlocks these pages: the process cannot end.
static NTSTATUS BrokenLockedPages(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    PVOID input = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.Type3InputBuffer;
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl = IoAllocateMdl(input, PAGE_SIZE, FALSE, FALSE, NULL);
    if (mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        IoFreeMdl(mdl);
    }
    return status;
}

static NTSTATUS BrokenUserPointerGuarded(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    volatile ULONG *input = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.Type3InputBuffer;
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        ULONG value = *input;
        Irp->IoStatus.Information = value & 0xFFFF;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

// ---- Memory ----

// mingw-w64's RemoveEntryList trusts the links; this one checks them as Microsoft's headers do.
static VOID BrokenRemoveEntryList(PLIST_ENTRY Entry)
{
    PLIST_ENTRY next = Entry->Flink;
    PLIST_ENTRY previous = Entry->Blink;

    if (next->Blink != Entry || previous->Flink != Entry) {
        FastFail(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    previous->Flink = next;
    next->Blink = previous;
}

static NTSTATUS BrokenListCorruption(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    LIST_ENTRY head, first, second;

    InitializeListHead(&head);
    InsertTailList(&head, &first);
    InsertTailList(&head, &second);
    first.Flink = &head;                // as if somebody had written over it
    BrokenRemoveEntryList(&first);
    return STATUS_SUCCESS;
}

// 24 bytes fill a block of pool exactly, header and all: what follows is the header of the next block.
static NTSTATUS BrokenPoolOverrun(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    PUCHAR block = ExAllocatePoolWithTag(NonPagedPool, 24, BROKEN_TAG);
    if (block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (volatile ULONG i = 0; i < 48; i++) {
        block[i] = 0xEE;
    }
    ExFreePoolWithTag(block, BROKEN_TAG);
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenDoubleFree(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPool, 64, BROKEN_TAG);
    if (block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(block, BROKEN_TAG);
    ExFreePoolWithTag(block, BROKEN_TAG);
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenUseAfterFree(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    volatile ULONG *block = ExAllocatePoolWithTag(NonPagedPool, 64, BROKEN_TAG);
    if (block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag((PVOID)block, BROKEN_TAG);
    block[8] = 0xF7EE;
    return STATUS_SUCCESS;
}

// The links of a free block stand behind its header. The allocations that follow come upon them, at DISPATCH_LEVEL.
static NTSTATUS BrokenFreeListCorruption(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    PVOID volatile *block = ExAllocatePoolWithTag(NonPagedPool, 64, BROKEN_TAG);
    if (block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag((PVOID)block, BROKEN_TAG);
    block[0] = block[1] = (PVOID)(ULONG_PTR)0xDEAD0000;

    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (ULONG i = 0; i < 64; i++) {
        ExAllocatePoolWithTag(NonPagedPool, 64, BROKEN_TAG);
    }
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}

// A bad kernel address is not catchable: the __try changes nothing.
static NTSTATUS BrokenBadKernelAddress(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        volatile ULONG *nowhere = (volatile ULONG *)0xFFFFC00000001000ULL;
        Irp->IoStatus.Information = *nowhere & 0xFFFF;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static NTSTATUS BrokenExecuteData(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    PUCHAR code = ExAllocatePoolWithTag(NonPagedPoolNx, 16, BROKEN_TAG);
    if (code == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *(volatile UCHAR *)code = 0xC3;     // ret
    ((VOID (*)(VOID))code)();
    ExFreePoolWithTag(code, BROKEN_TAG);
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenExecuteUserPage(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    PVOID input = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.Type3InputBuffer;
    ((VOID (*)(VOID))input)();
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenWriteCode(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    *(volatile UCHAR *)(ULONG_PTR)BrokenRemoveEntryList = 0xC3;
    return STATUS_SUCCESS;
}

// ---- Exceptions and stops ----

static NTSTATUS BrokenDivideByZero(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    Irp->IoStatus.Information = 1000 / BrokenZero;
    return STATUS_SUCCESS;
}

static ULONG BrokenRecurse(volatile UCHAR *Caller)
{
    volatile UCHAR frame[512];
    frame[0] = (UCHAR)(Caller[0] + 1);
    return frame[0] + (BrokenZero == 0 ? BrokenRecurse(frame) : 0);
}

static NTSTATUS BrokenStackOverflow(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    volatile UCHAR seed = 0;
    Irp->IoStatus.Information = BrokenRecurse(&seed);
    return STATUS_SUCCESS;
}

// What a compiler's check of the stack cookie does at the end of a function whose buffer was overrun.
static NTSTATUS BrokenStackCookie(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    if (BrokenZero == 0) {
        FastFail(FAST_FAIL_STACK_COOKIE_CHECK_FAILURE);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenCallNull(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    VOID (*volatile routine)(VOID) = (VOID (*)(VOID))(ULONG_PTR)BrokenNullPointer;
    routine();
    return STATUS_SUCCESS;
}

static NTSTATUS BrokenRaiseStatus(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
}

static NTSTATUS BrokenBugCheck(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 'B', 'R', 'O', 'K');
}

static NTSTATUS BrokenBreakpoint(PBROKEN_EXTENSION Extension, PIRP Irp)
{
    DbgBreakPoint();
    return STATUS_SUCCESS;
}

// ---- The driver ----

// In the order of BROKEN_CODE.
static BROKEN_FAULT *const BrokenFaults[] = {
    BrokenNullReadInDpc, BrokenPagedDataAtDispatch, BrokenPagedCodeAtDispatch, BrokenPagedRoutineAtDispatch,
    BrokenDoubleCompletion, BrokenUserPointerUnguarded, BrokenUserPointerGuarded, BrokenListCorruption,
    BrokenPoolOverrun, BrokenDoubleFree, BrokenUseAfterFree, BrokenIrqlLeftRaised,
    BrokenLoopInDpc, BrokenStackOverflow, BrokenDivideByZero, BrokenExecuteData,
    BrokenWriteCode, BrokenBugCheck, BrokenSpinLockTwice, BrokenWaitAtDispatch,
    BrokenWaitInDpc, BrokenBadKernelAddress, BrokenCallNull, BrokenRaiseStatus,
    BrokenCriticalRegionLeft, BrokenSystemThreadFault, BrokenLostIrp, BrokenBreakpoint,
    BrokenUsedPagedDataAtDispatch, BrokenFreeListCorruption, BrokenExecuteUserPage, BrokenStackCookie,
    BrokenExceptionInDpc, BrokenLockedPages,
};

NTSTATUS BrokenDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ULONG code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
    ULONG index = IoGetFunctionCodeFromCtlCode(code) - 0x800;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

    Irp->IoStatus.Information = 0;
    if (index < RTL_NUMBER_OF(BrokenFaults) && code == BROKEN_CODE(index)) {
        status = BrokenFaults[index](DeviceObject->DeviceExtension, Irp);
    }
    if (status != STATUS_PENDING) {
        Irp->IoStatus.Status = status;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
    }
    return status;
}

NTSTATUS BrokenCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

VOID BrokenUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Broken");

    PAGED_CODE();
    IoDeleteSymbolicLink(&linkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING deviceName = RTL_CONSTANT_STRING(L"\\Device\\Broken");
    UNICODE_STRING linkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Broken");
    PDEVICE_OBJECT device;

    NTSTATUS status = IoCreateDevice(DriverObject, sizeof(BROKEN_EXTENSION), &deviceName, BROKEN_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    PBROKEN_EXTENSION extension = device->DeviceExtension;
    KeInitializeSpinLock(&extension->Lock);
    KeInitializeEvent(&extension->NeverSet, NotificationEvent, FALSE);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = BrokenCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BrokenCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BrokenDeviceControl;
    DriverObject->DriverUnload = BrokenUnload;

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
