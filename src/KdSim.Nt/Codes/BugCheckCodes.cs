using System.Collections.Frozen;

namespace KdSim.Nt;

/// <summary>Names of bug checks, for <c>!analyze</c>, <c>.bugcheck</c> and the stop text.</summary>
public static class BugCheckCodes
{
    private static readonly FrozenDictionary<uint, string> Names =
        Enum.GetNames<BugCheckCode>().Zip(Enum.GetValues<BugCheckCode>().Select(c => (uint)c)).DistinctBy(p => p.Second)
            .ToFrozenDictionary(p => p.Second, p => p.First);

    /// <summary>The name of a bug check code, or null.</summary>
    public static string? Find(uint code) => Names.GetValueOrDefault(code);
}
