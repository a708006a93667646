using KdSim.Kernel.Cm;
using KdSim.Kernel.Routines;
using KdSim.Machine;
using KdSim.Nt;
using Xunit;

namespace KdSim.Kernel.Tests.Boot;

public class BootTests
{
    [Fact]
    public void A_machine_without_drivers_boots_to_idle()
    {
        using var machine = TestMachine.Boot();
        RunResult result = machine.Run();
        Assert.Equal(StopReason.TimeLimit, result.Reason); // The clock never ends.
        Assert.Null(machine.Computer.Failure);
        Assert.All(machine.Computer.Processors, p => Assert.Equal(1, p.State.Halted));
    }

    [Fact]
    public void The_module_list_names_nt_hal_wmilib_and_the_bus_drivers_in_order()
    {
        using var machine = TestMachine.Boot();
        var names = new List<string>();
        foreach (ulong entry in machine.Kernel.Memory.Walk(machine.Kernel.Data(Datum.PsLoadedModuleList)))
        {
            UNICODE_STRING name = new View<KLDR_DATA_TABLE_ENTRY>(entry).BaseDllName;
            names.Add(machine.Kernel.Memory.ReadUnicode(name.Buffer, name.Length / 2));
        }
        Assert.Equal(["ntoskrnl.exe", "hal.dll", "wmilib.sys", "acpi.sys", "pci.sys"], names);
    }

    [Fact]
    public void Two_boots_are_equal_and_a_snapshot_in_the_middle_goes_on_equally()
    {
        using var first = TestMachine.Boot("spin");
        using var second = TestMachine.Boot("spin");
        first.Computer.Run(RunRequest.Until(20_000));
        second.Computer.Run(RunRequest.Until(20_000));
        Assert.Equal(first.Computer.Hash(), second.Computer.Hash());
        var snapshot = first.Computer.TakeSnapshot();
        first.Computer.Run(RunRequest.Until(60_000));
        UInt128 later = first.Computer.Hash();
        first.Computer.Restore(snapshot);
        Assert.Equal(second.Computer.Hash(), first.Computer.Hash());
        first.Computer.Run(RunRequest.Until(60_000));
        Assert.Equal(later, first.Computer.Hash());
    }

    [Fact]
    public void Sequences_call_a_drivers_entry_and_see_what_it_returns()
    {
        using var machine = TestMachine.Boot("missing");
        RunResult result = machine.Run();
        Assert.Contains(machine.Kernel.Roots.MissingImports, m => m.Name == "NtKdSimNoSuchRoutine");
        Assert.Equal(StopReason.Requested, result.Reason);
        Assert.Contains("is not implemented; missing.sys imports it; called from missing.sys+0x", result.Text);
    }

    /// <summary>missing stops the machine in its DriverEntry: what is there then was there before.</summary>
    [Fact]
    public void A_legacy_driver_finds_its_service_key_and_the_hosts_registry_in_DriverEntry()
    {
        const string Key = @"\Registry\Machine\SYSTEM\ControlSet001\Services\missing";
        using var machine = TestMachine.Boot(Registry.Empty.Set(Key + @"\Parameters", RegistryValue.Number("Depth", 7)), "missing");
        Assert.Equal(StopReason.Requested, machine.Run().Reason);
        Registry registry = machine.Kernel.Roots.Registry;
        Assert.Equal(7u, registry.Value(Key + @"\Parameters", "Depth")?.AsNumber());
        Assert.Equal(1u, registry.Value(Key, "Type")?.AsNumber());
        Assert.Equal(3u, registry.Value(Key, "Start")?.AsNumber());
        Assert.Equal(1u, registry.Value(Key, "ErrorControl")?.AsNumber());
        Assert.Equal(@"System32\drivers\missing.sys", registry.Value(Key, "ImagePath")?.AsText());
    }

    [Fact]
    public void A_fault_in_a_driver_at_passive_level_is_a_bug_check_with_its_address()
    {
        using var machine = TestMachine.Boot("spin");
        int running = machine.Run(1_000_000).Processor; // The worker threads, of higher priority, have begun to wait.
        var cpu = machine.Computer.Processors[running];
        cpu.State.Rip = 0xFFFF_F800_3000_0000; // Nothing is mapped there.
        RunResult result = machine.Run();
        Assert.Equal(StopReason.Requested, result.Reason);
        Assert.Equal(BugCheckCode.PAGE_FAULT_IN_NONPAGED_AREA, machine.Kernel.Roots.BugCheck!.Code);
        Assert.Equal(0xFFFF_F800_3000_0000, machine.Kernel.Roots.BugCheck.Parameter1);
        Assert.InRange(cpu.State.Rip - machine.Kernel.Stubs.AddressOf(KdSim.Kernel.Routines.Stub.KiBugCheckDebugBreak), 0u, 15u);
    }
}
