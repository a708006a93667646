using System.Text;
using KdSim.Nt;

namespace KdSim.Kernel.Ps;

/// <summary>What a system service captured of its caller's OBJECT_ATTRIBUTES.</summary>
public readonly record struct CapturedName(string Name, ulong RootDirectory, uint Attributes)
{
    public bool IgnoresCase => (Attributes & 0x40) != 0;

    public bool IsKernelHandle => (Attributes & 0x200) != 0;
}

/// <summary>
/// Memory of the caller of a system service: with user rights if the previous mode is UserMode, where a bad address is the caller's fault and the service
/// answers STATUS_ACCESS_VIOLATION; as kernel memory otherwise. PASSIVE_LEVEL or APC_LEVEL.
/// </summary>
public sealed class CallerMemory(NtKernel kernel) : KernelComponent(kernel)
{
    public bool TryRead(ulong address, Span<byte> bytes, sbyte mode)
    {
        if (mode != 0)
            return Memory.TryCopyFromUser(address, bytes, out _);
        Memory.Read(address, bytes);
        return true;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> bytes, sbyte mode)
    {
        if (mode != 0)
            return Memory.TryCopyToUser(address, bytes, out _);
        Memory.Write(address, bytes);
        return true;
    }

    public unsafe bool TryRead<T>(ulong address, out T value, sbyte mode) where T : unmanaged
    {
        fixed (T* place = &value)
        {
            *place = default;
            return TryRead(address, new Span<byte>(place, sizeof(T)), mode);
        }
    }

    public unsafe bool TryWrite<T>(ulong address, T value, sbyte mode) where T : unmanaged =>
        TryWrite(address, new ReadOnlySpan<byte>(&value, sizeof(T)), mode);

    /// <summary>True if the caller may write there; nothing is changed.</summary>
    public bool IsWritable<T>(ulong address, sbyte mode) where T : unmanaged =>
        mode == 0 || (TryRead(address, out T value, mode) && TryWrite(address, value, mode));

    public bool TryReadString(ulong address, sbyte mode, out string text)
    {
        text = "";
        if (!TryRead(address, out UNICODE_STRING counted, mode))
            return false;
        byte[] bytes = new byte[counted.Length & ~1];
        if (bytes.Length != 0 && !TryRead(counted.Buffer, bytes, mode))
            return false;
        text = Encoding.Unicode.GetString(bytes);
        return true;
    }

    public NtStatus Capture(Ptr<OBJECT_ATTRIBUTES> address, sbyte mode, out CapturedName captured)
    {
        captured = new CapturedName("", 0, 0);
        if (address.IsNull)
            return NtStatus.InvalidParameter;
        if (!TryRead(address, out OBJECT_ATTRIBUTES attributes, mode))
            return NtStatus.AccessViolation;
        if (attributes.Length != OBJECT_ATTRIBUTES.SizeOf)
            return NtStatus.InvalidParameter;
        string name = "";
        if (!attributes.ObjectName.IsNull && !TryReadString(attributes.ObjectName, mode, out name))
            return NtStatus.AccessViolation;
        captured = new CapturedName(name, attributes.RootDirectory, mode != 0 ? attributes.Attributes & ~0x200u : attributes.Attributes);
        return NtStatus.Success;
    }
}
