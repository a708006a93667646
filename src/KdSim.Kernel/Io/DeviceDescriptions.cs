using System.Buffers.Binary;
using KdSim.Kernel.Cm;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>
/// IoQueryDeviceDescription: walks what firmware found (HARDWARE\DESCRIPTION\System: buses, their controllers, the controllers' peripherals) and calls the
/// driver for each that fits. For drivers that know no Plug and Play. PASSIVE_LEVEL.
/// </summary>
public sealed class DeviceDescriptions(NtKernel kernel) : KernelComponent(kernel)
{
    private const string Root = @"\Registry\Machine\HARDWARE\DESCRIPTION\System";
    private const uint Tag = 0x64446F49; // "IoDd"
    private const int InformationCount = 3;

    /// <summary>The names of keys by CONFIGURATION_TYPE.</summary>
    private static readonly string[] Types =
    [
        "System", "CentralProcessor", "FloatingPointProcessor", "PrimaryICache", "PrimaryDCache", "SecondaryICache", "SecondaryDCache", "SecondaryCache",
        "EisaAdapter", "TcAdapter", "ScsiAdapter", "DtiAdapter", "MultifunctionAdapter", "DiskController", "TapeController", "CdRomController",
        "WormController", "SerialController", "NetworkController", "DisplayController", "ParallelController", "PointerController", "KeyboardController",
        "AudioController", "OtherController", "DiskPeripheral", "FloppyDiskPeripheral", "TapePeripheral", "ModemPeripheral", "MonitorPeripheral",
        "PrinterPeripheral", "PointerPeripheral", "KeyboardPeripheral", "TerminalPeripheral", "OtherPeripheral", "LinePeripheral", "NetworkPeripheral",
    ];

    private static readonly string[] Adapters = ["MultifunctionAdapter", "EisaAdapter", "TcAdapter"];
    private static readonly string[] InformationNames = ["Identifier", "Configuration Data", "Component Information"];

    /// <summary>What a driver asks for; -1: any, or (of a type) none.</summary>
    private readonly record struct Query(int Bus, int BusNumber, int Controller, int ControllerNumber, int Peripheral, int PeripheralNumber);

    /// <summary>One thing found: the numbers of its keys in the registry, -1 for those that it has not.</summary>
    private readonly record struct Found(int BusKey, INTERFACE_TYPE Bus, uint BusNumber, int ControllerKey, int PeripheralKey);

    [NtExport("IoQueryDeviceDescription", MaxIrql = Irql.Passive)]
    public async KTask<NtStatus> IoQueryDeviceDescription(Ptr<int> BusType, Ptr<int> BusNumber, Ptr<int> ControllerType, Ptr<int> ControllerNumber,
        Ptr<int> PeripheralType, Ptr<int> PeripheralNumber, ulong CalloutRoutine, ulong Context)
    {
        Query query = new(Given(BusType), Given(BusNumber), Given(ControllerType), Given(ControllerNumber), Given(PeripheralType), Given(PeripheralNumber));
        NtStatus status = NtStatus.ObjectNameNotFound;
        for (int i = 0; TryFind(query, i, out Found found); i++)
        {
            ulong path = NewPath(found), bus = NewInformation(found.BusKey), controller = NewInformation(found.ControllerKey);
            ulong peripheral = NewInformation(found.PeripheralKey);
            status = await Guest.Call(CalloutRoutine, Context, path, (uint)found.Bus, found.BusNumber, bus, (uint)query.Controller,
                NumberOf(found.ControllerKey), controller, (uint)query.Peripheral, NumberOf(found.PeripheralKey), peripheral);
            Free(path, bus, controller, peripheral);
            if (!status.IsSuccess)
                break;
        }
        return status;
    }

    private static int Given(Ptr<int> value) => value.IsNull ? -1 : value.Read();

    /// <summary>The index-th thing that fits; the registry is looked at anew, as callbacks may change it.</summary>
    private bool TryFind(Query query, int index, out Found found)
    {
        foreach (Found one in All(query))
            if (index-- == 0)
            {
                found = one;
                return true;
            }
        found = default;
        return false;
    }

    private IEnumerable<Found> All(Query query)
    {
        Registry registry = Kernel.RegistryPaths.Current;
        foreach (string adapter in Adapters)
            foreach (int bus in Numbered(registry, registry.Find($@"{Root}\{adapter}"), -1))
            {
                (INTERFACE_TYPE type, uint number) = BusOf(registry[bus]);
                if ((query.Bus >= 0 && (int)type != query.Bus) || (query.BusNumber >= 0 && number != query.BusNumber))
                    continue;
                if (query.Controller < 0)
                {
                    yield return new Found(bus, type, number, -1, -1);
                    continue;
                }
                foreach (int controller in Numbered(registry, Child(registry, bus, query.Controller), query.ControllerNumber))
                    if (query.Peripheral < 0)
                        yield return new Found(bus, type, number, controller, -1);
                    else
                        foreach (int peripheral in Numbered(registry, Child(registry, controller, query.Peripheral), query.PeripheralNumber))
                            yield return new Found(bus, type, number, controller, peripheral);
            }
    }

    private static RegistryNode? Child(Registry registry, int key, int type) =>
        type < Types.Length && registry[key].Subkeys.TryGetValue(Types[type], out int child) ? registry[child] : null;

    /// <summary>The subkeys 0, 1, 2... of a key, or the one of them that is asked for.</summary>
    private static IEnumerable<int> Numbered(Registry registry, RegistryNode? key, int wanted)
    {
        for (int i = 0; key is not null && key.Subkeys.TryGetValue($"{i}", out int subkey); i++)
            if (wanted < 0 || wanted == i)
                yield return subkey;
    }

    /// <summary>What the configuration data of an adapter says: a CM_FULL_RESOURCE_DESCRIPTOR begins with type and number of the bus.</summary>
    private static (INTERFACE_TYPE Type, uint Number) BusOf(RegistryNode key) =>
        key.Value("Configuration Data") is { Data.Length: >= 8 } value
            ? ((INTERFACE_TYPE)BinaryPrimitives.ReadInt32LittleEndian(value.Data.AsSpan()), BinaryPrimitives.ReadUInt32LittleEndian(value.Data.AsSpan()[4..]))
            : (INTERFACE_TYPE.InterfaceTypeUndefined, 0);

    private uint NumberOf(int key) => key >= 0 && uint.TryParse(Kernel.RegistryPaths.Current[key].Name, out uint number) ? number : 0;

    private ulong NewPath(Found found)
    {
        int key = found.PeripheralKey >= 0 ? found.PeripheralKey : found.ControllerKey >= 0 ? found.ControllerKey : found.BusKey;
        return Kernel.RegistryCallbacks.NewString(Kernel.RegistryPaths.Current.PathOf(key));
    }

    /// <summary>Pointers to KEY_VALUE_FULL_INFORMATION (0 where the key has no such value), and behind them what they point to; 0 for no key.</summary>
    private ulong NewInformation(int key)
    {
        if (key < 0)
            return 0;
        byte[]?[] values = [.. InformationNames.Select(name => Kernel.RegistryPaths.Current[key].Value(name) is { } value
            ? KeyInformation.Of(value, KEY_VALUE_INFORMATION_CLASS.KeyValueFullInformation)?.Bytes : null)];
        ulong at = InformationCount * 8;
        ulong block = Kernel.Pool.Allocate(POOL_TYPE.PagedPool, at + (ulong)values.Sum(value => (value?.Length ?? 0) + 7 & ~7), Tag);
        for (int i = 0; i < InformationCount; i++)
        {
            if (values[i] is not { } bytes)
                continue;
            Memory.WriteU64(block + (ulong)i * 8, block + at);
            Memory.Write(block + at, bytes);
            at += (ulong)(bytes.Length + 7 & ~7);
        }
        return block;
    }

    private void Free(ulong path, params ReadOnlySpan<ulong> blocks)
    {
        Kernel.Pool.Free(path);
        foreach (ulong block in blocks)
            if (block != 0)
                Kernel.Pool.Free(block, Tag);
    }
}
