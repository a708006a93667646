using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>Values of keys by handle. Registry callbacks are called around each. PASSIVE_LEVEL.</summary>
public sealed class ValueRoutines(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint AccessQuery = 1, AccessSet = 2;
    private const uint MostData = 1 << 20;

    [NtExport("ZwQueryValueKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwQueryValueKey(ulong KeyHandle, Ptr<UNICODE_STRING> ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
        ulong KeyValueInformation, uint Length, Ptr<uint> ResultLength)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        NtStatus status = Kernel.KeyObjects.Resolve(KeyHandle, AccessQuery, out ulong body, out int key);
        if (status.IsSuccess)
            status = await Kernel.RegistryCallbacks.Before(RegistryOperation.PreQueryValueKey, notice, body, ValueName, (uint)KeyValueInformationClass,
                KeyValueInformation, Length, ResultLength);
        if (status.IsSuccess && RegistryCallbacks.Proceeds(status))
        {
            status = Query(key, ValueName, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
            status = await Kernel.RegistryCallbacks.After(RegistryOperation.PostQueryValueKey, notice, body, status);
        }
        if (body != 0)
            await Kernel.Objects.Dereference(body);
        return RegistryCallbacks.Answer(status);
    }

    [NtExport("ZwEnumerateValueKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwEnumerateValueKey(ulong KeyHandle, uint Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
        ulong KeyValueInformation, uint Length, Ptr<uint> ResultLength)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        NtStatus status = Kernel.KeyObjects.Resolve(KeyHandle, AccessQuery, out ulong body, out int key);
        if (status.IsSuccess)
            status = await Kernel.RegistryCallbacks.Before(RegistryOperation.PreEnumerateValueKey, notice, body, Index | (ulong)KeyValueInformationClass << 32,
                KeyValueInformation, Length, ResultLength);
        if (status.IsSuccess && RegistryCallbacks.Proceeds(status))
        {
            status = Enumerate(key, Index, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
            status = await Kernel.RegistryCallbacks.After(RegistryOperation.PostEnumerateValueKey, notice, body, status);
        }
        if (body != 0)
            await Kernel.Objects.Dereference(body);
        return RegistryCallbacks.Answer(status);
    }

    [NtExport("ZwSetValueKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwSetValueKey(ulong KeyHandle, Ptr<UNICODE_STRING> ValueName, uint TitleIndex, uint Type, ulong Data, uint DataSize)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        if (DataSize > MostData)
            return NtStatus.InsufficientResources;
        NtStatus status = Kernel.KeyObjects.Resolve(KeyHandle, AccessSet, out ulong body, out int key);
        if (status.IsSuccess)
            status = await Kernel.RegistryCallbacks.Before(RegistryOperation.PreSetValueKey, notice, body, ValueName, TitleIndex | (ulong)Type << 32,
                Data, DataSize);
        if (status.IsSuccess && RegistryCallbacks.Proceeds(status))
        {
            status = Set(key, ValueName, Type, Data, DataSize);
            status = await Kernel.RegistryCallbacks.After(RegistryOperation.PostSetValueKey, notice, body, status);
        }
        if (body != 0)
            await Kernel.Objects.Dereference(body);
        return RegistryCallbacks.Answer(status);
    }

    [NtExport("ZwDeleteValueKey", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> ZwDeleteValueKey(ulong KeyHandle, Ptr<UNICODE_STRING> ValueName)
    {
        ulong notice = Kernel.RegistryCallbacks.NewNotice();
        NtStatus status = Kernel.KeyObjects.Resolve(KeyHandle, AccessSet, out ulong body, out int key);
        if (status.IsSuccess)
            status = await Kernel.RegistryCallbacks.Before(RegistryOperation.PreDeleteValueKey, notice, body, ValueName);
        if (status.IsSuccess && RegistryCallbacks.Proceeds(status))
        {
            status = Kernel.RegistryPaths.Current.Exists(key)
                ? Kernel.RegistryPaths.Delete(key, Kernel.UnicodeStrings.Read(ValueName)) : NtStatus.KeyDeleted;
            status = await Kernel.RegistryCallbacks.After(RegistryOperation.PostDeleteValueKey, notice, body, status);
        }
        if (body != 0)
            await Kernel.Objects.Dereference(body);
        return RegistryCallbacks.Answer(status);
    }

    private NtStatus Query(
        int key, Ptr<UNICODE_STRING> name, KEY_VALUE_INFORMATION_CLASS format, ulong buffer, uint length, Ptr<uint> resultLength)
    {
        if (!Kernel.RegistryPaths.Current.Exists(key))
            return NtStatus.KeyDeleted;
        return Kernel.RegistryPaths.Current[key].Value(Kernel.UnicodeStrings.Read(name)) is { } value
            ? Describe(value, format, buffer, length, resultLength) : NtStatus.ObjectNameNotFound;
    }

    private NtStatus Enumerate(int key, uint index, KEY_VALUE_INFORMATION_CLASS format, ulong buffer, uint length, Ptr<uint> resultLength)
    {
        Registry registry = Kernel.RegistryPaths.Current;
        if (!registry.Exists(key))
            return NtStatus.KeyDeleted;
        return index < (uint)registry[key].Values.Length
            ? Describe(registry[key].Values[(int)index], format, buffer, length, resultLength) : NtStatus.NoMoreEntries;
    }

    private NtStatus Set(int key, Ptr<UNICODE_STRING> name, uint type, ulong data, uint size)
    {
        if (!Kernel.RegistryPaths.Current.Exists(key))
            return NtStatus.KeyDeleted;
        byte[] bytes = new byte[size];
        Memory.Read(data, bytes);
        Kernel.RegistryPaths.Set(key, Kernel.UnicodeStrings.Read(name), type, bytes);
        return NtStatus.Success;
    }

    private NtStatus Describe(RegistryValue value, KEY_VALUE_INFORMATION_CLASS format, ulong buffer, uint length, Ptr<uint> resultLength) =>
        KeyInformation.Of(value, format) is { } information ? information.Deliver(Memory, buffer, length, resultLength) : NtStatus.InvalidParameter;
}
