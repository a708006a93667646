namespace KdSim.Debugging.Commands;

/// <summary>
/// Declares a command by one of its names. The declaration serves dispatch, <c>.help</c>, <c>.hh</c> and completion. A class may have
/// several: the command line then says which name was typed.
/// </summary>
/// <param name="name">As typed: <c>!irp</c>, <c>.reload</c>, <c>db</c>.</param>
/// <param name="syntax">How it is written, in the notation of the WinDbg help.</param>
/// <param name="summary">One sentence.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class CommandAttribute(string name, string syntax, string summary) : Attribute
{
    /// <summary>As typed.</summary>
    public string Name { get; } = name;
    /// <summary>How it is written.</summary>
    public string Syntax { get; } = syntax;
    /// <summary>One sentence, without a full stop.</summary>
    public string Summary { get; } = summary;

    /// <summary>Letters that may follow the name without a blank, in any order: <c>kvn</c> is <c>k</c> with two of them.</summary>
    public string Flags { get; init; } = "";

    /// <summary>A line that works on the demo machine.</summary>
    public string Example { get; init; } = "";
}

/// <summary>Names that a command binds in the target's symbols: types (<c>nt!_IRP</c>) and variables. A test checks that they exist.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReadsAttribute(params string[] names) : Attribute
{
    /// <summary><c>module!name</c> each.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}
