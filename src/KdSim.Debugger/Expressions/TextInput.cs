using Sprache;

namespace KdSim.Debugger.Expressions;

/// <summary>
/// A position in a text as Sprache's parsers take it. Sprache's own input makes a memo table for each character; these grammars do not
/// backtrack and need none, which makes them ten times as fast.
/// </summary>
sealed class TextInput(string source, int position) : IInput
{
    Dictionary<object, object>? _memos;

    public string Source => source;
    public int Position => position;
    public bool AtEnd => position >= source.Length;
    public char Current => source[position];
    public int Line => 1;
    public int Column => position + 1;
    public IDictionary<object, object> Memos => _memos ??= [];

    public IInput Advance() => At(1);

    public TextInput At(int distance) => new(source, position + distance);

    public bool Equals(IInput? other) => other is not null && other.Source == source && other.Position == position;

    public override bool Equals(object? other) => Equals(other as IInput);

    public override int GetHashCode() => HashCode.Combine(source, position);
}
