using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Simulator;

/// <summary>Names of documented extensions whose subject the simulated machine does not have: they say so, instead of not being found.</summary>
[Command("!verifier", "!verifier [flags [image]]", "Driver Verifier (not simulated; see !findings)")]
[Command("!deadlock", "!deadlock [1]", "Deadlocks that Driver Verifier found (not simulated)")]
[Command("!obtrace", "!obtrace object", "Reference trace of an object (not simulated)")]
[Command("!pfn", "!pfn number", "A row of the page frame database (not simulated)")]
[Command("!sysptes", "!sysptes", "System page table entries (not simulated)")]
[Command("!memusage", "!memusage", "Statistics of physical memory (not simulated)")]
[Command("!filecache", "!filecache", "The system's file cache (not simulated)")]
[Command("!job", "!job", "Jobs (not simulated)")]
[Command("!session", "!session", "Sessions (not simulated)")]
[Command("!vad", "!vad", "Virtual address descriptors (not simulated)")]
[Command("!lpc", "!lpc", "Local procedure calls (not simulated)")]
[Command("!arbiter", "!arbiter [flags]", "Resource arbiters (not simulated)")]
[Command("!whea", "!whea", "Hardware errors (not simulated)")]
public sealed class NotSimulated : Command<string>
{
    protected override string Parse(ArgumentReader arguments) => arguments.Name;

    protected override IEnumerable<Node> Run(string arguments, IDebugSession session) =>
        [new Error(arguments == "!verifier" ? "!verifier: Driver Verifier is not simulated; !findings shows what the kernel's own checks noticed"
            : $"{arguments}: not simulated")];
}
