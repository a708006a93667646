using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Reflection;

namespace KdSim.Tracing.Tables;

/// <summary>Declares a row type as a table of a trace.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class TraceTableAttribute(string name, string description) : Attribute
{
    public string Name { get; } = name;

    public string Description { get; } = description;
}

/// <summary>Says what a column holds.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ColumnAttribute(string description, string unit = "") : Attribute
{
    public string Description { get; } = description;

    /// <summary>Empty where there is none.</summary>
    public string Unit { get; } = unit;
}

/// <summary>A column of a table. Its type is one of long, ulong, int, bool, string and double; values may be null where it says so.</summary>
public sealed record TableColumn(string Name, Type Type, bool IsNullable, string Unit, string Description);

/// <summary>A table of a trace, without its row type: for SQL, exports and documents.</summary>
public interface ITraceTable
{
    string Name { get; }

    string Description { get; }

    ImmutableArray<TableColumn> Columns { get; }

    int Count { get; }

    /// <summary>A value: null, or of the column's type.</summary>
    object? Value(int row, int column);
}

/// <summary>
/// Rows of one type. The parameters of the type's constructor are the columns, in snake case: the schema is declared there and nowhere else.
/// </summary>
public sealed class TraceTable<TRow> : ITraceTable where TRow : struct
{
    static readonly TraceTableAttribute Declaration = typeof(TRow).GetCustomAttribute<TraceTableAttribute>()
        ?? throw new InvalidOperationException($"{typeof(TRow).Name} is not declared as a table");

    static readonly (TableColumn Column, Func<TRow, object?> Read)[] Members = [.. typeof(TRow).GetConstructors()[0].GetParameters().Select(Member)];

    readonly List<TRow> _rows = [];

    public string Name => Declaration.Name;

    public string Description => Declaration.Description;

    public ImmutableArray<TableColumn> Columns { get; } = [.. Members.Select(member => member.Column)];

    public IReadOnlyList<TRow> Rows => _rows;

    public int Count => _rows.Count;

    public object? Value(int row, int column) => Members[column].Read(_rows[row]);

    /// <summary>Adds a row and returns its number.</summary>
    internal int Add(in TRow row)
    {
        _rows.Add(row);
        return _rows.Count - 1;
    }

    internal TRow this[int row]
    {
        get => _rows[row];
        set => _rows[row] = value;
    }

    internal void Sort(Comparison<TRow> order)
    {
        TRow[] sorted = [.. _rows.Order(Comparer<TRow>.Create(order))];   // stable
        _rows.Clear();
        _rows.AddRange(sorted);
    }

    static (TableColumn, Func<TRow, object?>) Member(ParameterInfo parameter)
    {
        PropertyInfo property = typeof(TRow).GetProperty(parameter.Name!)!;
        ColumnAttribute declared = parameter.GetCustomAttribute<ColumnAttribute>()
            ?? throw new InvalidOperationException($"{typeof(TRow).Name}.{parameter.Name} does not say what it is");
        Type? inner = Nullable.GetUnderlyingType(property.PropertyType);
        bool nullable = inner is not null || new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
        ParameterExpression row = Expression.Parameter(typeof(TRow));
        Func<TRow, object?> read =
            Expression.Lambda<Func<TRow, object?>>(Expression.Convert(Expression.Property(row, property), typeof(object)), row).Compile();
        return (new TableColumn(Snake(property.Name), inner ?? property.PropertyType, nullable, declared.Unit, declared.Description), read);
    }

    static string Snake(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
}
