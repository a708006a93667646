namespace KdSim.Symbols.Pdb;

/// <summary>A program database that is damaged or of the wrong kind. The message is complete: file, stream, offset, what was expected.</summary>
public sealed class BadPdbException(string file, string problem) : Exception($"{file}: {problem}");
