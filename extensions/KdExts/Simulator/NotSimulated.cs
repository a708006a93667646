using System.Reflection;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Simulator;

/// <summary>
/// Names of documented extensions whose subject this kernel does not have, or whose state it does not keep in memory: they say so, instead of not
/// being found.
/// </summary>
[Command("!verifier", "!verifier [flags [image]]", "Not simulated: Driver Verifier; !findings shows what the kernel's own checks noticed")]
[Command("!deadlock", "!deadlock [1]", "Not simulated: the deadlock detection of Driver Verifier")]
[Command("!iovirp", "!iovirp [irp]", "Not simulated: the I/O checks of Driver Verifier")]
[Command("!htrace", "!htrace [handle]", "Not simulated: traces of handles")]
[Command("!obtrace", "!obtrace object", "Not simulated: traces of references to objects")]
[Command("!token", "!token [address]", "Not simulated: tokens; this kernel's symbols have no nt!_TOKEN")]
[Command("!logonsession", "!logonsession", "Not simulated: logon sessions")]
[Command("!pfn", "!pfn number", "Not simulated: the page frame database; !vtop and !ptov show what is mapped")]
[Command("!sysptes", "!sysptes", "Not simulated: system page table entries")]
[Command("!memusage", "!memusage", "Not simulated: counts of physical memory; !vm shows the pools")]
[Command("!memlist", "!memlist", "Not simulated: the list of physical memory")]
[Command("!chklowmem", "!chklowmem", "Not simulated: checks of low memory")]
[Command("!filecache", "!filecache", "Not simulated: the file cache")]
[Command("!ca", "!ca address", "Not simulated: control areas")]
[Command("!wsle", "!wsle", "Not simulated: working sets")]
[Command("!vad", "!vad [address]", "Not simulated: virtual address descriptors")]
[Command("!ubc", "!ubc", "Not simulated: user breakpoints of the kernel; bp sets breakpoints")]
[Command("!job", "!job [address]", "Not simulated: jobs")]
[Command("!session", "!session", "Not simulated: sessions")]
[Command("!lpc", "!lpc", "Not simulated: local procedure calls")]
[Command("!lpcport", "!lpcport", "Not simulated: local procedure calls")]
[Command("!alpc", "!alpc", "Not simulated: local procedure calls")]
[Command("!arbiter", "!arbiter [flags]", "Not simulated: resource arbiters; !devnode 0 f shows what each device was given")]
[Command("!arbinst", "!arbinst address", "Not simulated: resource arbiters")]
[Command("!pnpevent", "!pnpevent [address]", "Not simulated: a queue of PnP events; !pnptriage shows what is under way")]
[Command("!pocaps", "!pocaps", "Not simulated: capabilities of system power")]
[Command("!popolicy", "!popolicy", "Not simulated: policies of system power")]
[Command("!poproc", "!poproc [address]", "Not simulated: processor power states")]
[Command("!pci", "!pci [flags]", "Not simulated: reading configuration space without touching the device; !pcitree shows the functions")]
[Command("!apic", "!apic", "Not simulated: reading the local APIC without touching it")]
[Command("!ioapic", "!ioapic", "Not simulated: reading the I/O APIC without touching it")]
[Command("!ipi", "!ipi", "Not simulated: state of interprocessor interrupts")]
[Command("!mtrr", "!mtrr", "Not simulated: memory type range registers")]
[Command("!mapic", "!mapic", "Not simulated: the ACPI table of interrupt controllers")]
[Command("!mps", "!mps", "Not simulated: the multiprocessor table")]
[Command("!pcrs", "!pcrs", "Not simulated: the registers of another processor architecture")]
[Command("!fpsearch", "!fpsearch address", "Not simulated: freed pages of special pool")]
[Command("!reg", "!reg command", "Not simulated: the registry in memory: it is no structure of the guest's")]
[Command("!cbreg", "!cbreg", "Not simulated: callbacks of the registry")]
[Command("!errlog", "!errlog", "Not simulated: the queue of error log entries")]
[Command("!errrec", "!errrec address", "Not simulated: hardware errors")]
[Command("!whea", "!whea", "Not simulated: hardware errors")]
[Command("!mca", "!mca address", "Not simulated: hardware errors")]
[Command("!exca", "!exca", "Not simulated: PC card controllers")]
[Command("!isainfo", "!isainfo", "Not simulated: ISA devices")]
[Command("!dma", "!dma", "Not simulated: DMA adapters")]
[Command("!devext", "!devext address type", "Not simulated: device extensions of buses; dt shows them")]
[Command("!amli", "!amli command", "Not simulated: the ACPI interpreter")]
[Command("!nsobj", "!nsobj address", "Not simulated: the ACPI interpreter")]
[Command("!nstree", "!nstree [address]", "Not simulated: the ACPI interpreter")]
[Command("!facs", "!facs address", "Not simulated: ACPI tables")]
[Command("!fadt", "!fadt address", "Not simulated: ACPI tables")]
[Command("!rsdt", "!rsdt address", "Not simulated: ACPI tables")]
[Command("!gbl", "!gbl", "Not simulated: firmware tables")]
[Command("!smt", "!smt", "Not simulated: processor topology")]
[Command("!pcm", "!pcm address", "Not simulated: private cache maps")]
[Command("!defwrites", "!defwrites", "Not simulated: deferred writes of the file cache")]
[Command("!openmaps", "!openmaps address", "Not simulated: views of the file cache")]
[Command("!filelock", "!filelock address", "Not simulated: byte range locks")]
[Command("!findfilelockowner", "!findfilelockowner [file]", "Not simulated: byte range locks")]
[Command("!lockedpages", "!lockedpages [process]", "Not simulated: locked pages")]
[Command("!alignmentfaults", "!alignmentfaults", "Not simulated: alignment faults")]
[Command("!frozen", "!frozen", "Not simulated: frozen processors; all of them stop together")]
[Command("!bcb", "!bcb address", "Not simulated: buffer control blocks")]
[Command("!blockeddrv", "!blockeddrv", "Not simulated: the list of blocked drivers")]
[Command("!bugdump", "!bugdump [component]", "Not simulated: data of bug check callbacks")]
[Command("!sysinfo", "!sysinfo", "Not simulated: firmware information")]
[Command("!wdog", "!wdog", "Not simulated: watchdogs")]
[Command("!ruleinfo", "!ruleinfo [rule]", "Not simulated: rules of Static Driver Verifier")]
[Command("!tz", "!tz", "Not simulated: thermal zones")]
[Command("!tzinfo", "!tzinfo address", "Not simulated: thermal zones")]
[Command("!fwver", "!fwver", "Not simulated: firmware versions")]
[Command("!smbios", "!smbios", "Not simulated: firmware information")]
[Command("!sprocess", "!sprocess [session]", "Not simulated: sessions")]
[Command("!wdfdriverinfo", "!wdfdriverinfo [driver]", "Not simulated: the driver frameworks")]
[Command("!wdfldr", "!wdfldr", "Not simulated: the driver frameworks")]
[Command("!wdfdevice", "!wdfdevice handle", "Not simulated: the driver frameworks")]
[Command("!wdfqueue", "!wdfqueue handle", "Not simulated: the driver frameworks")]
[Command("!wdfrequest", "!wdfrequest handle", "Not simulated: the driver frameworks")]
[Command("!wdflogdump", "!wdflogdump [driver]", "Not simulated: the driver frameworks")]
[Command("!usbkd", "!usbkd command", "Not simulated: USB")]
[Command("!usb3kd", "!usb3kd command", "Not simulated: USB")]
[Command("!ndiskd", "!ndiskd command", "Not simulated: network drivers")]
[Command("!scsikd", "!scsikd command", "Not simulated: storage drivers")]
[Command("!storagekd", "!storagekd command", "Not simulated: storage drivers")]
[Command("!fltkd", "!fltkd command", "Not simulated: the filter manager")]
[Command("!gpiokd", "!gpiokd command", "Not simulated: GPIO")]
public sealed class NotSimulated : Command<string>
{
    /// <inheritdoc/>
    protected override string Parse(ArgumentReader arguments) => arguments.Name;

    /// <inheritdoc/>
    protected override IEnumerable<Node> Run(string arguments, IDebugSession session)
    {
        string summary = GetType().GetCustomAttributes<CommandAttribute>().First(c => c.Name == arguments).Summary;
        return [new Error($"{arguments}: {char.ToLowerInvariant(summary[0])}{summary[1..]}")];
    }
}
