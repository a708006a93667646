namespace KdSim.Symbols.Pe;

/// <summary>A PE image that is damaged or of the wrong kind. The message is complete: file, place, what was found and expected.</summary>
public sealed class BadImageException(string image, string problem) : Exception($"{image}: {problem}");
