using KdSim.Debugging.Output;
using KdSim.Debugging.Targets;

namespace KdSim.Debugging.Structures;

/// <summary>Types by name. Unqualified kernel names prefer nt.</summary>
public interface ITypes
{
    /// <summary>A structure (<c>nt!_IRP</c>); a missing one is an error that names it.</summary>
    StructureLayout this[string name] { get; }

    /// <summary>Any type, or null.</summary>
    TypeInfo? Find(string name);
}

/// <summary>Symbols by name and by address.</summary>
public interface ISymbols
{
    /// <summary><c>module!name</c> or a bare name; false when no module has it.</summary>
    bool TryGetAddress(string name, out ulong address);

    /// <summary>The nearest symbol at or before an address, as <c>module!name</c>.</summary>
    bool TryGetName(ulong address, out string name, out ulong displacement);

    /// <summary>The source line of an address of code.</summary>
    bool TryGetLine(ulong address, out string file, out int line);
}

/// <summary>
/// What a command works with: the target, its symbols, and what is current (processor, thread, process, register context). Every member is
/// for the session thread.
/// </summary>
public interface IDebugSession
{
    /// <summary>What is debugged.</summary>
    ITarget Target { get; }
    /// <summary>Types by name.</summary>
    ITypes Types { get; }
    /// <summary>Symbols by name and by address.</summary>
    ISymbols Symbols { get; }
    /// <summary>Stack frames.</summary>
    IStacks Stacks { get; }

    /// <summary>The processor that commands speak of (<c>~Ns</c>).</summary>
    int CurrentProcessor { get; }

    /// <summary>The ETHREAD that commands speak of: the one set with <c>.thread</c>, or the one running on the current processor. 0: unknown.</summary>
    ulong CurrentThread { get; }

    /// <summary>The EPROCESS that commands speak of. 0: unknown.</summary>
    ulong CurrentProcess { get; }

    /// <summary>The registers that commands speak of: the processor's, or those set by <c>.thread</c>, <c>.trap</c>, <c>.cxr</c>.</summary>
    ProcessorContext Context { get; }

    /// <summary>Asked between nodes of a long answer; a command that loops without answering asks it too.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Evaluates an expression with the default evaluator; throws <see cref="Commands.CommandException"/> with WinDbg's text.</summary>
    ulong Evaluate(string expression);

    /// <summary>Reads virtual memory of the current process; returns the length of the readable prefix.</summary>
    int Read(ulong address, Span<byte> buffer);

    /// <summary>Runs another command and gives its answer (for <c>!analyze</c>, which shows a stack).</summary>
    IEnumerable<Node> Execute(string command);
}
