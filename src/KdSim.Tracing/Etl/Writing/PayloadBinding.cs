using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Providers;

namespace KdSim.Tracing.Etl.Writing;

/// <summary>A payload of a frequent kernel event as a packed struct, so that writing it is one copy. Its layout is checked against the declaration.</summary>
public interface IKernelPayload
{
    static abstract KernelBinding Binding { get; }
}

/// <summary>A payload of a frequent event of a provider; text fields, if there are any, follow the struct.</summary>
public interface IEventPayload
{
    static abstract EventBinding Binding { get; }
}

/// <summary>A packed struct that stands for the payload of kernel events.</summary>
public sealed class KernelBinding
{
    KernelBinding(KernelGroup group, byte version) => (Group, Version) = (group, version);

    public KernelGroup Group { get; }

    public byte Version { get; }

    /// <param name="group">The group under which the kernel logs the event.</param>
    /// <param name="version">The version that is written.</param>
    /// <param name="opcodes">All opcodes that have this payload.</param>
    /// <exception cref="InvalidOperationException">The struct is not what the declaration says.</exception>
    public static KernelBinding Of<T>(KernelGroup group, byte version, params ReadOnlySpan<byte> opcodes) where T : unmanaged
    {
        foreach (byte opcode in opcodes)
            PayloadLayout.Check<T>(KernelEvents.Find(group, opcode, version)?.Payload
                ?? throw new InvalidOperationException($"{typeof(T).Name}: no event {group}/{opcode} v{version} is declared"));
        return new KernelBinding(group, version);
    }
}

/// <summary>A packed struct that stands for the payload of an event of a provider.</summary>
public sealed class EventBinding
{
    EventBinding(ProviderEvent declaration) => Event = declaration;

    public ProviderEvent Event { get; }

    /// <exception cref="InvalidOperationException">The struct is not what the declaration says.</exception>
    public static EventBinding Of<T>(ProviderEvent declaration) where T : unmanaged
    {
        PayloadLayout.Check<T>(declaration.Payload);
        return new EventBinding(declaration);
    }
}

/// <summary>Compares packed structs with declared payloads of 64-bit files: names, order, offsets and sizes.</summary>
static class PayloadLayout
{
    const int PointerSize = 8;

    public static void Check<T>(PayloadTemplate declared) where T : unmanaged
    {
        FieldInfo[] fields = [.. typeof(T).GetFields(BindingFlags.Instance | BindingFlags.Public).OrderBy(field => field.MetadataToken)];
        for (int i = 0; i < fields.Length; i++)
        {
            if (i >= declared.Fields.Length || declared.Fields[i].Name != fields[i].Name)
                throw new InvalidOperationException(
                    $"{typeof(T).Name}: field {i} is {fields[i].Name}, declared is {declared.Fields.ElementAtOrDefault(i)?.Name}");
            if ((int)Marshal.OffsetOf<T>(fields[i].Name) != declared.OffsetOf(fields[i].Name, PointerSize))
                throw new InvalidOperationException($"{typeof(T).Name}.{fields[i].Name}: wrong offset");
        }
        int fixedSize = declared.Fields.Take(fields.Length).Sum(field => field.SizeOf(PointerSize));
        if (Unsafe.SizeOf<T>() != fixedSize)
            throw new InvalidOperationException($"{typeof(T).Name} has {Unsafe.SizeOf<T>()} bytes, declared are {fixedSize}");
        if (declared.Fields.Skip(fields.Length).Any(field => field.Type != WireType.UnicodeString))
            throw new InvalidOperationException($"{typeof(T).Name}: only texts may follow its fields");
    }
}
