using KdSim.Debugger.Stacks;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Sessions;

/// <summary>What is current in a session, as <c>.push</c> keeps it. Register contexts lose their meaning when the target runs.</summary>
public sealed record SessionState(
    int Processor, ulong Thread, ulong Process, AddressSpace Space, ProcessorContext? Context, StackFrame? Scope, int Moves);
