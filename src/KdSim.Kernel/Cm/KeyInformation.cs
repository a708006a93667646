using System.Buffers.Binary;
using KdSim.Kernel.Rtl;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>
/// Keys and values in the layouts of the information classes. <see cref="Fixed"/> is what a caller's buffer must at least have room for; less is
/// STATUS_BUFFER_TOO_SMALL, less than everything STATUS_BUFFER_OVERFLOW with what fits.
/// </summary>
public readonly record struct KeyInformation(byte[] Bytes, int Fixed)
{
    private const uint None = uint.MaxValue;

    /// <summary>Copies as much as the caller's buffer takes, and says how much there is.</summary>
    public NtStatus Deliver(GuestMemory memory, ulong buffer, uint length, Ptr<uint> resultLength)
    {
        resultLength.Write((uint)Bytes.Length);
        if (length < Fixed)
            return NtStatus.BufferTooSmall;
        memory.Write(buffer, Bytes.AsSpan(0, (int)Math.Min(length, (uint)Bytes.Length)));
        return length < Bytes.Length ? NtStatus.BufferOverflow : NtStatus.Success;
    }

    public static KeyInformation? Of(RegistryValue value, KEY_VALUE_INFORMATION_CLASS format)
    {
        byte[] name = Utf16.Bytes(value.Name);
        ReadOnlySpan<byte> data = value.Data.AsSpan();
        switch (format)
        {
            case KEY_VALUE_INFORMATION_CLASS.KeyValueBasicInformation:
                return Make(12, (12, name), [0, (uint)value.Type, (uint)name.Length]);
            case KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformation or KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformationAlign64:
                int alignment = format == KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformation ? 4 : 8;
                int offset = 20 + name.Length + alignment - 1 & ~(alignment - 1);
                uint[] full = [0, (uint)value.Type, data.Length == 0 ? None : (uint)offset, (uint)data.Length, (uint)name.Length];
                return data.Length == 0 ? Make(20, (20, name), full) : Make(20, (20, name), full, (offset, data.ToArray()));
            case KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformation:
                return Make(12, (12, data.ToArray()), [0, (uint)value.Type, (uint)data.Length]);
            case KEY_VALUE_INFORMATION_CLASS.KeyValuePartialInformationAlign64:
                return Make(8, (8, data.ToArray()), [(uint)value.Type, (uint)data.Length]);
            default:
                return null;
        }
    }

    public static KeyInformation? Of(Registry registry, int key, KEY_INFORMATION_CLASS format)
    {
        RegistryNode node = registry[key];
        byte[] name = Utf16.Bytes(node.Name), className = Utf16.Bytes(node.ClassName);
        uint low = (uint)node.LastWrite, high = (uint)(node.LastWrite >> 32);
        switch (format)
        {
            case KEY_INFORMATION_CLASS.KeyBasicInformation:
                return Make(16, (16, name), [low, high, 0, (uint)name.Length]);
            case KEY_INFORMATION_CLASS.KeyNodeInformation:
                int offset = 24 + name.Length + 3 & ~3;
                uint[] head = [low, high, 0, className.Length == 0 ? None : (uint)offset, (uint)className.Length, (uint)name.Length];
                return className.Length == 0 ? Make(24, (24, name), head) : Make(24, (24, name), head, (offset, className));
            case KEY_INFORMATION_CLASS.KeyFullInformation:
                (uint subkeys, uint subkey, uint classes) = Longest(registry, node);
                (uint values, uint valueName, uint valueData) = Longest(node);
                return Make(44, (44, className),
                    [low, high, 0, className.Length == 0 ? None : 44, (uint)className.Length, subkeys, subkey, classes, values, valueName, valueData]);
            case KEY_INFORMATION_CLASS.KeyNameInformation:
                byte[] path = Utf16.Bytes(registry.PathOf(key));
                return Make(4, (4, path), [(uint)path.Length]);
            case KEY_INFORMATION_CLASS.KeyCachedInformation:
                (subkeys, subkey, _) = Longest(registry, node);
                (values, valueName, valueData) = Longest(node);
                return Make(40, (40, []), [low, high, 0, subkeys, subkey, values, valueName, valueData, (uint)name.Length, 0]);
            default:
                return null;
        }
    }

    private static (uint Count, uint Name, uint Class) Longest(Registry registry, RegistryNode node)
    {
        uint name = 0, className = 0;
        foreach ((string subkey, int number) in node.Subkeys)
        {
            name = Math.Max(name, (uint)subkey.Length * 2);
            className = Math.Max(className, (uint)registry[number].ClassName.Length * 2);
        }
        return ((uint)node.Subkeys.Count, name, className);
    }

    private static (uint Count, uint Name, uint Data) Longest(RegistryNode node)
    {
        uint name = 0, data = 0;
        foreach (RegistryValue value in node.Values)
        {
            name = Math.Max(name, (uint)value.Name.Length * 2);
            data = Math.Max(data, (uint)value.Data.Length);
        }
        return ((uint)node.Values.Length, name, data);
    }

    /// <summary>ULONGs at the start, then one or two runs of bytes at their offsets.</summary>
    private static KeyInformation Make(int @fixed, (int At, byte[] Bytes) first, uint[] head, (int At, byte[] Bytes)? second = null)
    {
        int length = second is { } last ? last.At + last.Bytes.Length : first.At + first.Bytes.Length;
        byte[] bytes = new byte[Math.Max(@fixed, length)];
        for (int i = 0; i < head.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), head[i]);
        first.Bytes.CopyTo(bytes, first.At);
        if (second is { } tail)
            tail.Bytes.CopyTo(bytes, tail.At);
        return new KeyInformation(bytes, @fixed);
    }
}
