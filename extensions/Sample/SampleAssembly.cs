using KdSim.Debugging.Commands;

// Says that this assembly is an extension, and which version of the API it was compiled against.
[assembly: DebuggerExtension(DebuggerExtensionAttribute.CurrentVersion)]
