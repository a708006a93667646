using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace KdSim.Tidy;

/// <summary>
/// A suspended kernel routine is cloned by copying its state machine, so the machine may hold only values: unmanaged types, addresses,
/// `this`, the task plumbing, and types that are declared immutable. And since dropped frames never run a `finally`, a state machine has
/// exactly the one exception clause that the compiler makes around every async body.
/// </summary>
public class SnapshotLintTests
{
    static IEnumerable<Type> StateMachines() =>
        Assembly.Load("KdSim.Kernel").GetTypes()
            .Where(type => typeof(IAsyncStateMachine).IsAssignableFrom(type) && !type.IsInterface && !type.IsAbstract)
            .OrderBy(type => type.FullName, StringComparer.Ordinal);

    [Fact]
    public void Suspended_frames_hold_only_values()
    {
        var wrong = new List<string>();
        foreach (Type machine in StateMachines())
            foreach (FieldInfo field in machine.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                if (!MayBeSuspended(field, machine))
                    wrong.Add($"{machine.DeclaringType?.FullName}: {field.Name} of type {field.FieldType} lives across an await");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void State_machines_have_no_finally_and_catch_nothing()
    {
        var wrong = new List<string>();
        foreach (Type machine in StateMachines())
        {
            MethodInfo moveNext = machine.GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!;
            int clauses = moveNext.GetMethodBody()!.ExceptionHandlingClauses.Count;
            if (clauses > 1) wrong.Add($"{machine.FullName}: {clauses} exception clauses, only the compiler's own may stand");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    static bool MayBeSuspended(FieldInfo field, Type machine)
    {
        Type type = field.FieldType;
        if (field.Name.Contains("__this", StringComparison.Ordinal)) return true;
        if (type == machine.DeclaringType) return true;
        if (type.Name.Contains("KTask", StringComparison.Ordinal) || type.Name.Contains("Awaiter", StringComparison.Ordinal)) return true;
        if (type.CustomAttributes.Any(attribute => attribute.AttributeType.Name == "ImmutableAttribute")) return true;
        return IsUnmanaged(type);
    }

    static bool IsUnmanaged(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type.IsPointer) return true;
        if (!type.IsValueType) return false;
        return type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).All(field => IsUnmanaged(field.FieldType));
    }
}
