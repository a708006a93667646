using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Cm;

/// <summary>
/// RtlQueryRegistryValues: works through a table of queries; each gives its values to the driver's routine, or stores them directly. PASSIVE_LEVEL.
/// </summary>
public sealed class RegistryQuery(NtKernel kernel) : KernelComponent(kernel)
{
    private const uint Subkey = 1, TopKey = 2, Required = 4, NoValue = 8, NoExpand = 0x10, Direct = 0x20, Delete = 0x40, TypeCheck = 0x100;
    private const uint String = 1, ExpandString = 2, MultiString = 7;
    private const int TypeCheckShift = 24;

    [NtExport("RtlQueryRegistryValues", MaxIrql = Irql.Passive)]
    [NtExport("RtlQueryRegistryValuesEx", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> RtlQueryRegistryValues(
        uint RelativeTo, ulong Path, Ptr<RTL_QUERY_REGISTRY_TABLE> QueryTable, ulong Context, ulong Environment)
    {
        NtStatus status = Kernel.RegistryPaths.Find(RelativeTo, Path, out int top);
        int key = top;
        for (Ptr<RTL_QUERY_REGISTRY_TABLE> at = QueryTable; status.IsSuccess && !IsLast(at); at += 1)
        {
            status = Select(at, top, ref key);
            if (!status.IsSuccess)
                break;
            View<RTL_QUERY_REGISTRY_TABLE> query = at;
            if (((query.Flags & Subkey) != 0 && query.QueryRoutine != 0) || ((query.Flags & (Subkey | NoValue)) == 0 && query.Name.IsNull))
                status = await EachValue(query, key, Context, Environment);
            else if ((query.Flags & Subkey) == 0 && !query.Name.IsNull)
                status = await OneValue(query, key, Context, Environment);
            else if ((query.Flags & NoValue) != 0)
                status = await Guest.Call(query.QueryRoutine, 0, 0, 0, 0, Context, query.EntryContext);
        }
        return status;
    }

    private static bool IsLast(View<RTL_QUERY_REGISTRY_TABLE> query) => query.QueryRoutine == 0 && (query.Flags & (Subkey | Direct)) == 0;

    /// <summary>Checks an entry and goes to its key.</summary>
    private NtStatus Select(View<RTL_QUERY_REGISTRY_TABLE> query, int top, ref int key)
    {
        uint flags = query.Flags;
        if ((flags & Direct) != 0 && (query.Name.IsNull || (flags & Subkey) != 0 || query.QueryRoutine != 0))
            return NtStatus.InvalidParameter;
        if ((flags & (TopKey | Subkey)) != 0)
            key = top;
        if ((flags & Subkey) == 0)
            return NtStatus.Success;
        if (query.Name.IsNull)
            return NtStatus.InvalidParameter;
        return Kernel.Roots.Registry.TryOpen(top, Memory.ReadUnicode(query.Name), out key) ? NtStatus.Success : NtStatus.ObjectNameNotFound;
    }

    private async KTask<NtStatus> EachValue(View<RTL_QUERY_REGISTRY_TABLE> query, int key, ulong context, ulong environment)
    {
        int index = 0;
        while (true)
        {
            StagedValue value = Kernel.ValueStaging.At(key, index);
            if (value.IsNull)
                return index == 0 && (query.Flags & (Required | Delete)) == Required ? NtStatus.ObjectNameNotFound : NtStatus.Success;
            NtStatus status = await Deliver(query, value, context, environment);
            if (!status.IsSuccess)
                return status;
            if ((query.Flags & Delete) == 0)
                index++;
            else if (!DeleteAt(key, index))
                return NtStatus.Success;
        }
    }

    private bool DeleteAt(int key, int index)
    {
        Registry registry = Kernel.RegistryPaths.Current;
        return registry.Exists(key) && index < registry[key].Values.Length && Kernel.RegistryPaths.Delete(key, registry[key].Values[index].Name).IsSuccess;
    }

    private async KTask<NtStatus> OneValue(View<RTL_QUERY_REGISTRY_TABLE> query, int key, ulong context, ulong environment)
    {
        StagedValue value = Kernel.ValueStaging.Find(key, Memory.ReadUnicode(query.Name));
        if (value.IsNull)
            return await Default(query, context);
        NtStatus status = await Deliver(query, value, context, environment);
        if (status.IsSuccess && (query.Flags & Delete) != 0)
            Kernel.RegistryPaths.Delete(key, Memory.ReadUnicode(query.Name));
        return status;
    }

    /// <summary>What the entry says for a value that is missing. Strings of length 0 are measured.</summary>
    private async KTask<NtStatus> Default(View<RTL_QUERY_REGISTRY_TABLE> query, ulong context)
    {
        uint type = query.DefaultType;
        if ((query.Flags & TypeCheck) != 0)
            type &= (1u << TypeCheckShift) - 1;
        if (type == 0)
            return (query.Flags & Required) != 0 ? NtStatus.ObjectNameNotFound : NtStatus.Success;
        ulong data = query.DefaultData;
        uint length = query.DefaultLength;
        if (length == 0 && data != 0 && type is String or ExpandString or MultiString)
            length = LengthOf(data, type == MultiString);
        if (type == MultiString && (query.Flags & NoExpand) == 0)
            return await EachString(query, query.Name, data, length, context);
        return (query.Flags & Direct) != 0
            ? Kernel.DirectQueries.Store(type, data, length, query.EntryContext)
            : (await Guest.Call(query.QueryRoutine, query.Name, type, data, length, context, query.EntryContext)).Status;
    }

    private async KTask<NtStatus> Deliver(View<RTL_QUERY_REGISTRY_TABLE> query, StagedValue value, ulong context, ulong environment)
    {
        if ((query.Flags & TypeCheck) != 0 && query.DefaultType >> TypeCheckShift != value.Type)
        {
            Kernel.ValueStaging.Free(value);
            return NtStatus.ObjectTypeMismatch;
        }
        bool expands = (query.Flags & NoExpand) == 0;
        if (value.Type == ExpandString && expands)
            value = Kernel.ValueStaging.Replace(value, String, Kernel.DirectQueries.Expand(Memory.ReadUnicode(value.Data), environment));
        NtStatus status;
        if (value.Type == MultiString && expands)
            status = await EachString(query, value.Name, value.Data, value.Length, context);
        else if ((query.Flags & Direct) != 0)
            status = Kernel.DirectQueries.Store(value.Type, value.Data, value.Length, query.EntryContext);
        else
            status = await Guest.Call(query.QueryRoutine, value.Name, value.Type, value.Data, value.Length, context, query.EntryContext);
        Kernel.ValueStaging.Free(value);
        return !((query.Flags & Direct) != 0) && status == NtStatus.BufferTooSmall ? NtStatus.Success : status;
    }

    /// <summary>Each string of a multi-string as one of type REG_SZ; direct ones go to an array of UNICODE_STRINGs.</summary>
    private async KTask<NtStatus> EachString(View<RTL_QUERY_REGISTRY_TABLE> query, ulong name, ulong data, uint length, ulong context)
    {
        NtStatus status = NtStatus.Success;
        ulong end = data + length, target = query.EntryContext;
        while (status.IsSuccess && data + 2 <= end && Memory.ReadU16(data) != 0)
        {
            uint bytes = LengthOf(data, isMulti: false);
            if ((query.Flags & Direct) != 0)
            {
                status = Kernel.DirectQueries.Store(String, data, bytes, target);
                target += UNICODE_STRING.SizeOf;
            }
            else
            {
                status = await Guest.Call(query.QueryRoutine, name, String, data, bytes, context, query.EntryContext);
            }
            data += bytes;
        }
        return status;
    }

    /// <summary>Bytes of a string with its NUL, or of a multi-string with both.</summary>
    private uint LengthOf(ulong text, bool isMulti)
    {
        uint length = 0;
        do
        {
            while (Memory.ReadU16(text + length) != 0)
                length += 2;
            length += 2;
        }
        while (isMulti && Memory.ReadU16(text + length) != 0);
        return isMulti ? length + 2 : length;
    }
}
