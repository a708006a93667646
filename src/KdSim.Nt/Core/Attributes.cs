namespace KdSim.Nt;

/// <summary>Marks a structure or an enum of NT, by the name that its debug information gives it (<c>_IRP</c>).</summary>
/// <remarks>A nested unnamed type of C is named <c>_OUTER::&lt;unnamed-tag&gt;</c> and shown as <c>&lt;unnamed-tag&gt;</c>.</remarks>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Enum)]
public sealed class NtTypeAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    /// <summary>A small value: a field of this type is read and written whole; its view has the suffix <c>View</c>.</summary>
    public bool ByValue { get; set; }

    /// <summary>A C union.</summary>
    public bool Union { get; set; }
}

/// <summary>An array: the C# field stands for the first element and gives the element's type. Zero elements: an array of open length.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class NtArrayAttribute(int count) : Attribute
{
    public int Count { get; } = count;
}

/// <summary>
/// A bit-field that lives in this storage field. The storage field itself is no field of NT, unless <see cref="NtVisibleAttribute"/> says so.
/// </summary>
[AttributeUsage(AttributeTargets.Field, AllowMultiple = true)]
public sealed class NtBitsAttribute(string name, int position, int length) : Attribute
{
    public string Name { get; } = name;
    public int Position { get; } = position;
    public int Length { get; } = length;
}

/// <summary>The storage of bit-fields is also a field of NT's by its own name (a C union of both).</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class NtVisibleAttribute : Attribute;

/// <summary>A field that NT does not have: a convenience of ours over the same bytes. It gets a property but no entry in the type table.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class NtHiddenAttribute : Attribute;

/// <summary>The address of a routine, kept as a <see cref="ulong"/>.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class NtFunctionAttribute : Attribute;

/// <summary>A pointer kept as a <see cref="ulong"/>: to <c>void</c>, or to a type by name that has no definition here.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class NtPointerAttribute(string target = "Void") : Attribute
{
    public string Target { get; } = target;
}

/// <summary>A pointer to a structure, kept as a <see cref="ulong"/>; the view gives it as <see cref="Ptr{T}"/>.</summary>
/// <remarks>
/// A field of type <c>Ptr&lt;KTHREAD&gt;</c> would do, but the runtime refuses to load structures that refer to each other so (TypeLoadException).
/// </remarks>
[AttributeUsage(AttributeTargets.Field)]
public sealed class NtPointerAttribute<T> : Attribute where T : unmanaged;
