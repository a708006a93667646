using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace KdSim.Nt.Generator.Kernel;

/// <summary>A kernel component class and its routines: texts only, compared by content.</summary>
internal sealed class Component(string name, string type, Location place, List<Routine> routines, List<Complaint> complaints)
    : IEquatable<Component>
{
    public string Name { get; } = name;
    public string Type { get; } = type;
    public Location Place { get; } = place;
    public List<Routine> Routines { get; } = routines;
    public List<Complaint> Complaints { get; } = complaints;

    /// <summary>Variables that the component declares: name, and the C# of the row.</summary>
    public List<(string Name, string Row)> Data { get; } = [];

    public bool Equals(Component? other) =>
        other is not null && Type == other.Type && Routines.SequenceEqual(other.Routines) && Complaints.SequenceEqual(other.Complaints) &&
        Data.SequenceEqual(other.Data);

    public override bool Equals(object? obj) => Equals(obj as Component);

    public override int GetHashCode() => Type.GetHashCode();
}

/// <summary>One routine: its guest name, the C# expression of its table entry, and the body of its thunk (empty for guest code).</summary>
internal sealed class Routine(string name, string method, string entry, string thunk, Location place) : IEquatable<Routine>
{
    public string Name { get; } = name;
    public string Method { get; } = method;
    public string Entry { get; } = entry;
    public string Thunk { get; } = thunk;
    public Location Place { get; } = place;

    public bool Equals(Routine? other) => other is not null && Name == other.Name && Method == other.Method && Entry == other.Entry && Thunk == other.Thunk;

    public override bool Equals(object? obj) => Equals(obj as Routine);

    public override int GetHashCode() => Name.GetHashCode();
}
