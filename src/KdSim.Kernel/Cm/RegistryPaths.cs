using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>The registry routines of Rtl that name a key by a path relative to a well-known one (RTL_REGISTRY_*), or by a handle. PASSIVE_LEVEL.</summary>
public sealed class RegistryPaths(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Optional = 0x8000_0000, Handle = 0x4000_0000;
    private const uint MostData = 1 << 20;
    private const ulong SystemTimeAddress = 0xFFFF_F780_0000_0014;

    private static readonly string[] Bases =
    [
        "",
        @"\Registry\Machine\System\CurrentControlSet\Services",
        @"\Registry\Machine\System\CurrentControlSet\Control",
        @"\Registry\Machine\Software\Microsoft\Windows NT\CurrentVersion",
        @"\Registry\Machine\Hardware\DeviceMap",
        @"\Registry\User\.Default",
    ];

    internal Registry Current
    {
        get => Kernel.Roots.Registry;
        set => Kernel.Roots = Kernel.Roots with { Registry = value };
    }

    [NtExport("RtlCheckRegistryKey", MaxIrql = Irql.Passive)]
    public NtStatus RtlCheckRegistryKey(uint RelativeTo, ulong Path) => Find(RelativeTo, Path, out _);

    [NtExport("RtlCreateRegistryKey", MaxIrql = Irql.Passive)]
    public NtStatus RtlCreateRegistryKey(uint RelativeTo, ulong Path) => FindOrCreate(RelativeTo, Path, out _);

    /// <summary>Creates the key where it is missing.</summary>
    [NtExport("RtlWriteRegistryValue", MaxIrql = Irql.Passive)]
    public NtStatus RtlWriteRegistryValue(uint RelativeTo, ulong Path, Ptr<char> ValueName, uint ValueType, ulong ValueData, uint ValueLength)
    {
        if (ValueLength > MostData)
            return NtStatus.InsufficientResources;
        byte[] data = new byte[ValueLength];
        Memory.Read(ValueData, data);
        NtStatus status = FindOrCreate(RelativeTo, Path, out int key);
        if (status.IsSuccess)
            Set(key, ReadName(ValueName), ValueType, data);
        return status;
    }

    [NtExport("RtlDeleteRegistryValue", MaxIrql = Irql.Passive)]
    public NtStatus RtlDeleteRegistryValue(uint RelativeTo, ulong Path, Ptr<char> ValueName)
    {
        NtStatus status = Find(RelativeTo, Path, out int key);
        return status.IsSuccess ? Delete(key, ReadName(ValueName)) : status;
    }

    /// <summary>The key that the two parameters of these routines name.</summary>
    internal NtStatus Find(uint relativeTo, ulong path, out int key)
    {
        NtStatus status = Resolve(relativeTo, path, out key, out string name);
        if (!status.IsSuccess || name.Length == 0)
            return status;
        return Current.TryOpen(name, out key) ? NtStatus.Success : NtStatus.ObjectNameNotFound;
    }

    /// <summary>Sets a value and the key's time of the last write.</summary>
    internal void Set(int key, string name, uint type, ReadOnlySpan<byte> data) =>
        Current = Current.Set(key, RegistryValue.Bytes(name, (RegistryValueType)type, data)).Touch(key, Now);

    internal NtStatus Delete(int key, string name)
    {
        if (Current[key].Value(name) is null)
            return NtStatus.ObjectNameNotFound;
        Current = Current.DeleteValue(key, name).Touch(key, Now);
        return NtStatus.Success;
    }

    internal long Now => (long)Memory.ReadU64(SystemTimeAddress);

    private string ReadName(Ptr<char> name) => name.IsNull ? "" : Memory.ReadUnicode(name);

    private NtStatus FindOrCreate(uint relativeTo, ulong path, out int key)
    {
        NtStatus status = Resolve(relativeTo, path, out key, out string name);
        if (!status.IsSuccess || name.Length == 0)
            return status;
        if (!name.StartsWith(@"\Registry\", StringComparison.OrdinalIgnoreCase))
            return NtStatus.ObjectNameNotFound;
        Registry registry = Current.Create(name, out key);
        Current = registry;
        return NtStatus.Success;
    }

    /// <summary>Either the number of a key given by handle, or a full path.</summary>
    private NtStatus Resolve(uint relativeTo, ulong path, out int key, out string name)
    {
        key = 0;
        name = "";
        relativeTo &= ~Optional;
        if ((relativeTo & Handle) != 0)
            return Kernel.KeyObjects.TryFind(path, out key);
        if (relativeTo >= Bases.Length)
            return NtStatus.InvalidParameter;
        string rest = path == 0 ? "" : Memory.ReadUnicode(path);
        name = Bases[relativeTo].Length == 0 ? rest : rest.Length == 0 ? Bases[relativeTo] : Bases[relativeTo] + "\\" + rest;
        return name.StartsWith('\\') ? NtStatus.Success : NtStatus.ObjectPathSyntaxBad;
    }
}
