using System.Globalization;
using System.Text;

namespace KdSim.Machines;

/// <summary>Writes a machine as a machine file (what <see cref="MachineFile"/> reads), with file names without their folders.</summary>
static class MachineFileWriter
{
    public static string Write(MachineDescription machine)
    {
        var text = new StringBuilder();
        text.Append("[machine]\n");
        Pair("name", Quoted(machine.Name));
        Pair("cpus", machine.Cpus.ToString(CultureInfo.InvariantCulture));
        Pair("memory", Quoted($"{machine.Memory >> 20}M"));
        Pair("seed", machine.Seed.ToString(CultureInfo.InvariantCulture));
        Pair("boot", machine.Boot.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));
        Pair("on_idle", Quoted(machine.OnIdle.ToString().ToLowerInvariant()));
        if (machine.Scenario is { } scenario) Pair("scenario", Quoted(Path.GetFileName(scenario)));
        foreach (DeviceDescription device in machine.Devices)
        {
            text.Append("\n[[device]]\n");
            Pair("name", Quoted(device.Name));
            Pair("model", Quoted(device.Model));
            Pair("slot", device.Slot.ToString(CultureInfo.InvariantCulture));
            if (device.Function != 0) Pair("function", device.Function.ToString(CultureInfo.InvariantCulture));
            if (!device.Plugged) Pair("plugged", "false");
        }
        foreach (DriverDescription driver in machine.Drivers)
        {
            text.Append("\n[[driver]]\n");
            Pair(Path.GetExtension(driver.Path).Equals(".inf", StringComparison.OrdinalIgnoreCase) ? "inf" : "sys", Quoted(Path.GetFileName(driver.Path)));
            if (driver.HardwareId is { } id) Pair("hwid", Quoted(id));
        }
        return text.ToString();

        void Pair(string key, string value) => text.Append(key).Append(" = ").Append(value).Append('\n');
    }

    static string Quoted(string value) =>
        $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
