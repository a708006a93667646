using KdSim.Debugging.Commands;

namespace KdSim.Debugging.Structures;

/// <summary>A structure type of the target, bound by name: <c>session.Types["nt!_IRP"]</c>. Kept for the life of the symbols.</summary>
public sealed class StructureLayout(TypeInfo type, IDebugSession session)
{
    /// <summary>The type as the symbols describe it.</summary>
    public TypeInfo Type => type;
    /// <summary>The name in the PDB: <c>_IRP</c>.</summary>
    public string Name => type.Name;
    /// <summary>In bytes.</summary>
    public ulong Size => type.Size;

    /// <summary>Whether this kernel has a field.</summary>
    public bool Has(string path) => type.Find(path) is not null;

    /// <summary>The offset of a field; a missing field is an error that names it.</summary>
    public uint OffsetOf(string path) => Field(path).Offset;

    /// <summary>A field by its path; a missing field is an error that names it.</summary>
    public FieldPath Field(string path) =>
        type.Find(path) ?? throw new CommandException($"{type.Name} has no field {path} in the symbols of this target");

    /// <summary>Reads a whole structure in one call; null when not one byte of it is readable.</summary>
    public StructureValue? TryRead(ulong address)
    {
        if (type.Size > MaximumSize)
            throw new CommandException($"{type.Name} is too large to read: 0x{type.Size:x} bytes");
        byte[] data = new byte[type.Size];
        int length = session.Read(address, data);
        return length == 0 ? null : new StructureValue(this, session, address, data.AsMemory(0, length));
    }

    /// <summary>Reads a whole structure; unreadable memory is an error with the address.</summary>
    public StructureValue Read(ulong address)
    {
        StructureValue? value = TryRead(address);
        return value is { IsComplete: true } ? value
            : throw new CommandException($"Memory read error {address + (ulong)(value?.Readable ?? 0):x16}");
    }

    /// <summary>The structure that contains a field at this address, as CONTAINING_RECORD finds it.</summary>
    public StructureValue Containing(ulong fieldAddress, string path) => Read(fieldAddress - OffsetOf(path));

    /// <summary>
    /// Walks a doubly linked list from its head and gives the containing structures. Stops at the head, at unreadable memory, at a
    /// broken or endless list.
    /// </summary>
    public IEnumerable<StructureValue> List(ulong head, string linkPath, int limit = 65536)
    {
        uint offset = OffsetOf(linkPath);
        ulong link = session.TryReadPointer(head, out ulong first) ? first : head;
        while (link != head && link != 0 && limit-- > 0)
        {
            if (TryRead(link - offset) is not { IsComplete: true } element)
                yield break;
            yield return element;
            if (!session.TryReadPointer(link, out link))
                yield break;
        }
    }

    const ulong MaximumSize = 16 << 20;
}
