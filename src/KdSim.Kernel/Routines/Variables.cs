namespace KdSim.Kernel.Routines;

/// <summary>
/// A variable of nt (or hal) in guest memory, zero at boot until a component fills it in. On the component that owns it:
/// <c>[NtData("PsLoadedModuleList", 16, IsExported = true, Type = "_LIST_ENTRY")]</c>; its address is <c>Kernel.Data(Datum.PsLoadedModuleList)</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class NtDataAttribute(string name, int size) : Attribute
{
    public string Name { get; } = name;
    public int Size { get; } = size;
    public bool IsExported { get; set; }
    public string Image { get; set; } = ImageNames.Kernel;

    /// <summary>NT's name of its structure, for symbols.</summary>
    public string Type { get; set; } = "";
}

/// <summary>One row of the table of variables.</summary>
public sealed class Variable
{
    public Datum Datum { get; init; }
    public string Name { get; init; } = "";
    public int Size { get; init; }
    public bool IsExported { get; init; }
    public string Image { get; init; } = ImageNames.Kernel;
    public string Type { get; init; } = "";
}

/// <summary>All variables of the simulated images, ordered by name; <see cref="Datum"/> is the index.</summary>
public static partial class DataTable
{
    private static readonly Variable[] Rows = Create();

    public static ReadOnlySpan<Variable> All => Rows;

    private static partial Variable[] Create();
}
