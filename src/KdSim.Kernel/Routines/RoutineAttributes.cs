using KdSim.Nt;

namespace KdSim.Kernel.Routines;

/// <summary>What the three attributes share: in which image a routine lives and what it costs.</summary>
public abstract class RoutineAttribute(string name) : Attribute
{
    /// <summary>The name that drivers and the debugger know.</summary>
    public string Name { get; } = name;

    /// <summary>The image it lives in, see <see cref="ImageNames"/>.</summary>
    public string Image { get; set; } = ImageNames.Kernel;

    /// <summary>The highest IRQL that the documentation allows; calls above it are findings.</summary>
    public byte MaxIrql { get; set; } = Irql.High;

    /// <summary>The code stays in memory although the documentation limits calls to PASSIVE_LEVEL; see <see cref="Routine.IsPageable"/>.</summary>
    public bool IsResident { get; set; }

    /// <summary>Virtual time in ticks of 0.5 ns; negative: what the machine's cost table says.</summary>
    public int Cost { get; set; } = -1;
}

/// <summary>
/// A routine that drivers import, written in C#: an instance method of a component. By its result it is a leaf (void or a value), a tail
/// (<see cref="Outcome"/>) or a sequence (<see cref="KTask"/>, <see cref="KTask{T}"/>).
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class NtExportAttribute(string name) : RoutineAttribute(name)
{
    /// <summary>
    /// The method returns the address of a routine that its stub then calls with the registers as they are (nt!IofCallDriver):
    /// no C# frame stays behind, and the stack shows the stub.
    /// </summary>
    public bool CallsResult { get; set; }
}

/// <summary>A C# routine that no driver imports but that stands on stacks (KiRetireDpcList): it has stub, unwind data and symbol.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class NtRoutineAttribute(string name) : RoutineAttribute(name)
{
    /// <inheritdoc cref="NtExportAttribute.CallsResult"/>
    public bool CallsResult { get; set; }
}

/// <summary>A routine in x64 code: the method gets a <see cref="GuestAssembler"/> when the images are built, and is never called afterwards.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class GuestCodeAttribute(string name) : RoutineAttribute(name)
{
    /// <summary>False for an internal routine: it has a symbol only.</summary>
    public bool IsExported { get; set; } = true;
}

/// <summary>The synthetic images.</summary>
public static class ImageNames
{
    public const string Kernel = "ntoskrnl.exe";
    public const string Hal = "hal.dll";
    public const string WmiLib = "wmilib.sys";
    public const string Acpi = "acpi.sys";
    public const string Pci = "pci.sys";

    /// <summary>The two images of user mode: the system DLL, and the program that every process of a scenario runs under a name of its own.</summary>
    public const string SystemDll = "ntdll.dll";
    public const string Program = "scenario.exe";
}
