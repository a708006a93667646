namespace KdSim.Debugger.Expressions;

/// <summary>What expressions ask of the session.</summary>
public interface IEvaluationContext
{
    int Radix { get; }

    /// <summary>A register or pseudo-register by its lower-case name without <c>@</c>.</summary>
    bool TryRegister(string name, out ulong value);

    /// <summary>A symbol, a module's name (its base), or a local variable's address (<c>$!name</c>).</summary>
    bool TrySymbol(string name, out ulong value);

    /// <summary>The first address of a source line: <c>[[module!]file][:line]</c>.</summary>
    bool TrySourceLine(string text, out ulong address);

    bool TryRead(ulong address, int size, bool physical, out ulong value);

    /// <summary>Reads as much of a range as there is, in the current address space.</summary>
    int Read(ulong address, Span<byte> buffer);

    /// <summary>The entry point of the image at this base.</summary>
    bool TryEntryPoint(ulong imageBase, out ulong address);

    /// <summary>What a function returns, as C writes it; null when there is no typed function at the address.</summary>
    string? ReturnType(ulong function);

    /// <summary>Evaluates C++ text to an integer.</summary>
    ulong EvaluateCpp(string text);

    /// <summary>True when the default evaluator is C++.</summary>
    bool PrefersCpp { get; }
}
