using KdSim.Debugging.Commands;

namespace KdSim.Debugger.DataModel;

/// <summary>A value of the data model: what <c>dx</c> evaluates to and shows.</summary>
public abstract class ModelValue
{
    /// <summary>What stands after the name; empty for values that are only their children.</summary>
    public virtual string Display(ModelFormat format) => "";

    /// <summary>The C++ type in brackets; empty for values that are not of the target.</summary>
    public virtual string TypeName => "";

    /// <summary>Named children, in order.</summary>
    public virtual IEnumerable<ModelMember> Members => [];

    /// <summary>Elements with their keys, made as they are asked for; null for what cannot be iterated.</summary>
    public virtual IEnumerable<ModelElement>? Elements => null;

    /// <summary>A child by its name, shown or not; null when there is none.</summary>
    public virtual ModelValue? Member(string name) => Members.FirstOrDefault(m => m.Name == name)?.Value();

    /// <summary>The element with a key; null when there is none.</summary>
    public virtual ModelValue? Element(ModelValue key) => Elements?.FirstOrDefault(e => e.Key.Compare(key) == 0)?.Value;

    /// <summary>Calls it; only functions can be called.</summary>
    public virtual ModelValue Call(IReadOnlyList<ModelValue> arguments) => throw new CommandException("Error: Object is not callable");

    /// <summary>Whether a condition holds.</summary>
    public virtual bool IsTrue => throw new CommandException("Error: Value is not a condition");

    /// <summary>Order among values of a kind; text orders by code points.</summary>
    public virtual int Compare(ModelValue other) => string.CompareOrdinal(Display(ModelFormat.Default), other.Display(ModelFormat.Default));
}

/// <param name="Label">As it is shown before the name: <c>[+0x008]</c>; empty for members that have no place.</param>
/// <param name="Value">Read when it is asked for; unreadable memory is an error of this member only.</param>
public sealed record ModelMember(string Name, Func<ModelValue> Value, string Label = "");

/// <summary>One element of what can be iterated.</summary>
public sealed record ModelElement(ModelValue Key, ModelValue Value);

/// <summary>How values are written: the format specifiers of <c>dx</c>.</summary>
/// <param name="Radix">0: signed numbers in decimal, unsigned in hex.</param>
/// <param name="Most">Elements that are shown.</param>
public sealed record ModelFormat(int Radix = 0, int Most = 100, bool EnumNamesOnly = false, bool Quotes = true, int CharacterSize = 0)
{
    public static ModelFormat Default { get; } = new();
}

/// <summary>Text of the host: names, results of string methods.</summary>
public sealed class ModelText(string text) : ModelValue
{
    public string Text => text;

    public override string Display(ModelFormat format) => text;

    public override ModelValue? Member(string name) => name == "Length" ? ModelNumber.Of((ulong)text.Length) : null;

    public override int Compare(ModelValue other) => string.CompareOrdinal(text, other is ModelText right ? right.Text : other.Display(ModelFormat.Default));
}

/// <summary>A sequence, made lazily each time it is iterated.</summary>
public sealed class ModelSequence(Func<IEnumerable<ModelElement>> elements) : ModelValue
{
    /// <summary>Elements numbered from 0.</summary>
    public static ModelSequence Of(Func<IEnumerable<ModelValue>> values) =>
        new(() => values().Select((v, i) => new ModelElement(ModelNumber.Of((ulong)i), v)));

    public IReadOnlyList<ModelMember> More { get; init; } = [];

    public override IEnumerable<ModelElement> Elements => elements();

    public override IEnumerable<ModelMember> Members => More;
}

/// <summary>An object of the model: a line of text and named members, which are made when they are asked for.</summary>
public sealed class ModelRecord(string display, IReadOnlyList<ModelMember> members) : ModelValue
{
    public override string Display(ModelFormat format) => display;

    public override IEnumerable<ModelMember> Members => members;
}

/// <summary>A lambda, or a method bound to its object.</summary>
public sealed class ModelFunction(Func<IReadOnlyList<ModelValue>, ModelValue> body) : ModelValue
{
    public override ModelValue Call(IReadOnlyList<ModelValue> arguments) => body(arguments);
}
