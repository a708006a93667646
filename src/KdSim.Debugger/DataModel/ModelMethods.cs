using System.Globalization;
using KdSim.Debugging.Commands;

namespace KdSim.Debugger.DataModel;

/// <summary>A method of the data model: declared once, for calls and for <c>dx -v</c>.</summary>
/// <param name="Least">Arguments that it needs.</param>
public sealed record ModelMethod(string Name, string Syntax, int Least, int Most, Func<ModelValue, IReadOnlyList<ModelValue>, ModelValue> Run);

/// <summary>The methods of what can be iterated, of text, and of everything. Sequences stay lazy; keys go with their elements.</summary>
public static class ModelMethods
{
    static readonly ModelMethod[] OfSequences =
    [
        new("Where", "Where(predicate)", 1, 1, (s, a) => Sequence(() => Items(s).Where(e => a[0].Call([e.Value]).IsTrue))),
        new("Select", "Select(projector)", 1, 1, (s, a) => Sequence(() => Items(s).Select(e => e with { Value = a[0].Call([e.Value]) }))),
        new("SelectMany", "SelectMany(projector)", 1, 1, (s, a) => ModelSequence.Of(() => Values(s).SelectMany(v => Values(a[0].Call([v]))))),
        new("Flatten", "Flatten([projector])", 0, 1, (s, a) => ModelSequence.Of(() => Flatten(Values(s), a.Count > 0 ? a[0] : null))),
        new("GroupBy", "GroupBy(key [, comparator])", 1, 2, (s, a) => Sequence(() => Group(s, a[0]))),
        new("OrderBy", "OrderBy(key [, comparator])", 1, 2, (s, a) => Sequence(() => Items(s).OrderBy(e => a[0].Call([e.Value]), Order(a, 1)))),
        new("OrderByDescending", "OrderByDescending(key [, comparator])", 1, 2,
            (s, a) => Sequence(() => Items(s).OrderByDescending(e => a[0].Call([e.Value]), Order(a, 1)))),
        new("First", "First([predicate])", 0, 1, (s, a) => Chosen(s, a).FirstOrDefault() ?? throw None("First")),
        new("Last", "Last([predicate])", 0, 1, (s, a) => Chosen(s, a).LastOrDefault() ?? throw None("Last")),
        new("Single", "Single([predicate])", 0, 1, (s, a) => Chosen(s, a).Take(2).ToList() is [var only] ? only : throw None("Single")),
        new("Count", "Count([predicate])", 0, 1, (s, a) => ModelNumber.Of((ulong)Chosen(s, a).LongCount())),
        new("Any", "Any([predicate])", 0, 1, (s, a) => ModelNumber.Of(Chosen(s, a).Any())),
        new("All", "All(predicate)", 1, 1, (s, a) => ModelNumber.Of(Values(s).All(v => a[0].Call([v]).IsTrue))),
        new("Sum", "Sum([projector])", 0, 1, (s, a) => ModelNumber.Of(Numbers(s, a).Aggregate(0UL, (sum, n) => sum + n))),
        new("Average", "Average([projector])", 0, 1, (s, a) => ModelNumber.Of(Numbers(s, a).ToList() is { Count: > 0 } all
            ? all.Aggregate(0UL, (sum, n) => sum + n) / (ulong)all.Count : throw None("Average"))),
        new("Min", "Min([projector])", 0, 1, (s, a) => Projected(s, a).Min(Order([], 0)) ?? throw None("Min")),
        new("Max", "Max([projector])", 0, 1, (s, a) => Projected(s, a).Max(Order([], 0)) ?? throw None("Max")),
        new("Take", "Take(count)", 1, 1, (s, a) => Sequence(() => Items(s).Take(Count(a[0])))),
        new("Skip", "Skip(count)", 1, 1, (s, a) => Sequence(() => Items(s).Skip(Count(a[0])))),
        new("TakeWhile", "TakeWhile(predicate)", 1, 1, (s, a) => Sequence(() => Items(s).TakeWhile(e => a[0].Call([e.Value]).IsTrue))),
        new("SkipWhile", "SkipWhile(predicate)", 1, 1, (s, a) => Sequence(() => Items(s).SkipWhile(e => a[0].Call([e.Value]).IsTrue))),
        new("Reverse", "Reverse()", 0, 0, (s, _) => Sequence(() => Items(s).Reverse())),
        new("Distinct", "Distinct([comparator])", 0, 1, (s, a) => Sequence(() => Distinct(Items(s), Same(a, 0)))),
        new("Contains", "Contains(object [, comparator])", 1, 2, (s, a) => ModelNumber.Of(Values(s).Any(v => Same(a, 1)(v, a[0])))),
        new("Concat", "Concat(collection)", 1, 1, (s, a) => ModelSequence.Of(() => Values(s).Concat(Values(a[0])))),
        new("Union", "Union(collection [, comparator])", 1, 2, (s, a) => ModelSequence.Of(() =>
            Distinct(Items(s).Concat(Items(a[0])), Same(a, 1)).Select(e => e.Value))),
        new("Except", "Except(collection [, comparator])", 1, 2, (s, a) => Sequence(() =>
            Values(a[0]).ToList() is var out_ ? Items(s).Where(e => !out_.Any(o => Same(a, 1)(e.Value, o))) : [])),
        new("Intersect", "Intersect(collection [, comparator])", 1, 2, (s, a) => Sequence(() =>
            Values(a[0]).ToList() is var in_ ? Items(s).Where(e => in_.Any(o => Same(a, 1)(e.Value, o))) : [])),
        new("Join", "Join(inner, outerKey, innerKey, result)", 4, 4, (s, a) => ModelSequence.Of(() =>
            Values(s).SelectMany(o => Values(a[0]).Where(i => a[1].Call([o]).Compare(a[2].Call([i])) == 0).Select(i => a[3].Call([o, i]))))),
        new("Aggregate", "Aggregate(seed, function)", 2, 2, (s, a) => Values(s).Aggregate(a[0], (x, v) => a[1].Call([x, v]))),
    ];

    static readonly ModelMethod[] OfText =
    [
        new("Contains", "Contains(text)", 1, 1, (s, a) => ModelNumber.Of(Text(s).Contains(Text(a[0]), StringComparison.Ordinal))),
        new("StartsWith", "StartsWith(text)", 1, 1, (s, a) => ModelNumber.Of(Text(s).StartsWith(Text(a[0]), StringComparison.Ordinal))),
        new("EndsWith", "EndsWith(text)", 1, 1, (s, a) => ModelNumber.Of(Text(s).EndsWith(Text(a[0]), StringComparison.Ordinal))),
        new("IndexOf", "IndexOf(text)", 1, 1, (s, a) => new ModelNumber(Expressions.TypedValue.OfInteger(Text(s).IndexOf(Text(a[0]),
            StringComparison.Ordinal)))),
        new("LastIndexOf", "LastIndexOf(text)", 1, 1, (s, a) =>
            new ModelNumber(Expressions.TypedValue.OfInteger(Text(s).LastIndexOf(Text(a[0]), StringComparison.Ordinal)))),
        new("Substring", "Substring(start [, length])", 1, 2, (s, a) => new ModelText(Part(Text(s), Count(a[0]), a.Count > 1 ? Count(a[1]) : int.MaxValue))),
        new("ToLower", "ToLower()", 0, 0, (s, _) => new ModelText(Text(s).ToLowerInvariant())),
        new("ToUpper", "ToUpper()", 0, 0, (s, _) => new ModelText(Text(s).ToUpperInvariant())),
        new("Replace", "Replace(old, new)", 2, 2, (s, a) => new ModelText(Text(a[0]).Length == 0 ? Text(s) : Text(s).Replace(Text(a[0]), Text(a[1])))),
        new("Split", "Split(separator)", 1, 1, (s, a) => ModelSequence.Of(() => Text(s).Split(Text(a[0])).Select(t => new ModelText(t)))),
    ];

    static readonly ModelMethod[] OfAll =
    [
        new("ToDisplayString", "ToDisplayString([format])", 0, 1, (s, a) => new ModelText(s.Display(a.Count > 0 ? DxFormats.Parse(Text(a[0]))
            : ModelFormat.Default))),
    ];

    /// <summary>The methods that a value has.</summary>
    public static IEnumerable<ModelMethod> Of(ModelValue value) =>
        (value.Elements is not null ? OfSequences : value is ModelText ? OfText : []).Concat(OfAll);

    /// <summary>A method bound to its object; null when the object has none of that name.</summary>
    public static ModelFunction? Bind(ModelValue value, string name)
    {
        if (Of(value).FirstOrDefault(m => m.Name == name) is not { } method)
            return null;
        return new ModelFunction(arguments => arguments.Count >= method.Least && arguments.Count <= method.Most ? method.Run(value, arguments)
            : throw new CommandException($"Error: {method.Syntax} got {arguments.Count} arguments"));
    }

    static ModelSequence Sequence(Func<IEnumerable<ModelElement>> elements) => new(elements);

    static IEnumerable<ModelElement> Items(ModelValue value) => value.Elements ?? throw new CommandException("Error: Object does not have an iterator");

    static IEnumerable<ModelValue> Values(ModelValue value) => Items(value).Select(e => e.Value);

    static IEnumerable<ModelValue> Chosen(ModelValue value, IReadOnlyList<ModelValue> arguments) =>
        arguments.Count == 0 ? Values(value) : Values(value).Where(v => arguments[0].Call([v]).IsTrue);

    static IEnumerable<ModelValue> Projected(ModelValue value, IReadOnlyList<ModelValue> arguments) =>
        arguments.Count == 0 ? Values(value) : Values(value).Select(v => arguments[0].Call([v]));

    static IEnumerable<ulong> Numbers(ModelValue value, IReadOnlyList<ModelValue> arguments) => Projected(value, arguments).Select(Number);

    static ulong Number(ModelValue value) =>
        (ulong)(ModelNumber.NumberOf(value)?.Signed ?? throw new CommandException("Error: Value is not a number"));

    static int Count(ModelValue value) => (int)Math.Min(Number(value), int.MaxValue);

    static string Text(ModelValue value) => value is ModelText text ? text.Text : value.Display(ModelFormat.Default);

    static string Part(string text, int start, int length) => start >= text.Length ? "" : text.Substring(start, Math.Min(length, text.Length - start));

    static CommandException None(string method) => new($"Error: {method}: the collection has no such element");

    /// <summary>A comparator that was given says which of two comes first; keys order themselves otherwise.</summary>
    static Comparer<ModelValue> Order(IReadOnlyList<ModelValue> arguments, int index) => Comparer<ModelValue>.Create((a, b) =>
        arguments.Count <= index ? a.Compare(b)
        : ModelNumber.NumberOf(arguments[index].Call([a, b])) is { } order ? Math.Sign(order.Signed)
        : throw new CommandException("Error: The comparator did not return a number"));

    static Func<ModelValue, ModelValue, bool> Same(IReadOnlyList<ModelValue> arguments, int index) =>
        arguments.Count > index ? (a, b) => arguments[index].Call([a, b]).IsTrue : (a, b) => a.Compare(b) == 0;

    static IEnumerable<ModelValue> Flatten(IEnumerable<ModelValue> values, ModelValue? children, int depth = 0)
    {
        const int Deepest = 64;
        foreach (ModelValue value in values)
        {
            ModelValue inner = children is null ? value : children.Call([value]);
            if (children is not null || inner.Elements is null)
                yield return value;
            if (inner.Elements is not null && depth < Deepest)
                foreach (ModelValue below in Flatten(Values(inner), children, depth + 1))
                    yield return below;
        }
    }

    static IEnumerable<ModelElement> Group(ModelValue value, ModelValue key)
    {
        SortedDictionary<int, (ModelValue Key, List<ModelValue> Members)> groups = [];
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        foreach (ModelValue element in Values(value))
        {
            ModelValue found = key.Call([element]);
            string text = found.Display(ModelFormat.Default).ToString(CultureInfo.InvariantCulture);
            if (!known.TryGetValue(text, out int number))
            {
                known[text] = number = known.Count;
                groups[number] = (found, []);
            }
            groups[number].Members.Add(element);
        }
        return groups.Values.Select(g => new ModelElement(g.Key, ModelSequence.Of(() => g.Members)));
    }

    static IEnumerable<ModelElement> Distinct(IEnumerable<ModelElement> elements, Func<ModelValue, ModelValue, bool> same)
    {
        List<ModelValue> seen = [];
        foreach (ModelElement element in elements)
            if (!seen.Exists(s => same(s, element.Value)))
            {
                seen.Add(element.Value);
                yield return element;
            }
    }
}
