namespace KdSim.Kernel.Pnp.Installation;

/// <summary>One line of a Models section that fits this machine: `description = install-section, hw-id, compatible-id...`.</summary>
public sealed record InfModel(InfFile Inf, string Manufacturer, string Description, string InstallSection, IReadOnlyList<string> Ids, int Line);

/// <summary>A model that matches a device, and how well: lower is better, as Windows ranks identifiers.</summary>
public sealed record InfMatch(InfModel Model, string Id, int Rank);

/// <summary>
/// Which models of an INF apply to this machine, and which of them fits a device best. A Manufacturer line may carry target decorations
/// (`NTamd64.10.0...17763`); the best one that this machine satisfies is used, as WDK "INF Manufacturer Section" says.
/// </summary>
public static class InfModels
{
    const int OsMajor = 10, OsMinor = 0, OsBuild = 17763;
    const int CompatibleOfDevice = 0x2000, CompatibleOfInf = 0x1000;

    public static IEnumerable<InfModel> Of(InfFile inf)
    {
        foreach (InfLine line in inf.Lines("Manufacturer"))
        {
            // `%name% = models, decorations...`, or a bare name that serves as both.
            string manufacturer = inf.Replace(line.Key ?? line.Field(0), line.Number);
            string models = inf.Text(line, 0);
            string? section = BestSection(inf, models, line);
            if (section is null) continue;
            foreach (InfLine model in inf.Lines(section))
            {
                if (model.Key is null)
                    throw new InfException(inf.Name, model.Number, $"\"description = install-section, hardware-id\" expected in [{section}]");
                string[] ids = [.. model.Fields.Skip(1).Select((_, i) => inf.Text(model, i + 1)).Where(id => id.Length > 0)];
                yield return new InfModel(inf, manufacturer, inf.Replace(model.Key, model.Number), inf.Text(model, 0), ids, model.Number);
            }
        }
    }

    /// <summary>The best model for a device among several INFs, or null. The first of equals wins.</summary>
    public static InfMatch? Best(IEnumerable<InfFile> infs, IReadOnlyList<string> hardwareIds, IReadOnlyList<string> compatibleIds)
    {
        InfMatch? best = null;
        foreach (InfModel model in infs.SelectMany(Of))
            for (int i = 0; i < model.Ids.Count; i++)
                if (Rank(model.Ids[i], i, hardwareIds, compatibleIds) is { } rank && (best is null || rank < best.Rank))
                    best = new InfMatch(model, model.Ids[i], rank);
        return best;
    }

    /// <summary>
    /// The identifier score of Windows' ranking: the device's hardware IDs before its compatible IDs, an INF's hardware ID (its first)
    /// before its compatible IDs, then position.
    /// </summary>
    static int? Rank(string id, int indexInInf, IReadOnlyList<string> hardwareIds, IReadOnlyList<string> compatibleIds)
    {
        int asHardware = IndexOf(hardwareIds, id);
        if (asHardware >= 0) return (indexInInf == 0 ? 0 : CompatibleOfInf + indexInInf * 0x100) + asHardware;
        int asCompatible = IndexOf(compatibleIds, id);
        if (asCompatible >= 0) return CompatibleOfDevice + (indexInInf == 0 ? 0 : CompatibleOfInf + indexInInf * 0x100) + asCompatible;
        return null;
    }

    static int IndexOf(IReadOnlyList<string> ids, string id)
    {
        for (int i = 0; i < ids.Count; i++)
            if (string.Equals(ids[i], id, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    static string? BestSection(InfFile inf, string models, InfLine line)
    {
        string? best = null;
        (int, int, int, int) bestScore = (-1, 0, 0, 0);
        for (int i = 1; i < line.Fields.Length; i++)
        {
            string decoration = inf.Text(line, i);
            if (Score(decoration) is { } score && score.CompareTo(bestScore) > 0 && inf.Find($"{models}.{decoration}") is not null)
                (best, bestScore) = ($"{models}.{decoration}", score);
        }
        return best ?? (inf.Find(models) is not null ? models : null);
    }

    /// <summary>
    /// How closely a decoration names this machine, or null where it excludes it:
    /// nt[architecture][.[major][.[minor][.[product][.[suite][.build]]]]].
    /// </summary>
    static (int, int, int, int)? Score(string decoration)
    {
        string[] parts = decoration.Split('.');
        int architecture;
        if (parts[0].Equals("NTamd64", StringComparison.OrdinalIgnoreCase)) architecture = 2;
        else if (parts[0].Equals("NT", StringComparison.OrdinalIgnoreCase)) architecture = 1;
        else return null;
        int major = Number(parts, 1), minor = Number(parts, 2), build = Number(parts, 5);
        if ((major, minor).CompareTo((OsMajor, OsMinor)) > 0) return null;
        if ((major, minor) == (OsMajor, OsMinor) && build > OsBuild) return null;
        return (architecture, major, minor, build);
    }

    static int Number(string[] parts, int index) => index < parts.Length && int.TryParse(parts[index], out int value) ? value : 0;
}
