using KdSim.Debugging.Commands;

[assembly: DebuggerExtension(DebuggerExtensionAttribute.CurrentVersion)]
