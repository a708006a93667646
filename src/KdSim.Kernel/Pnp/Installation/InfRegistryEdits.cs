using System.Collections.Immutable;
using System.Globalization;
using KdSim.Kernel.Cm;

namespace KdSim.Kernel.Pnp.Installation;

/// <summary>AddReg and DelReg sections applied to a registry. Reference: WDK, "INF AddReg Directive".</summary>
static class InfRegistryEdits
{
    [Flags]
    enum Add : uint
    {
        Binary = 0x1,
        NoClobber = 0x2,
        DeleteValue = 0x4,
        Append = 0x8,
        KeyOnly = 0x10,
        OverwriteOnly = 0x20,
    }

    const uint KindMask = 0xFFFF0001;

    /// <summary>Values of an .HW section that are properties of the device itself, and so stand in the instance key, not in Device Parameters.</summary>
    static readonly ImmutableHashSet<string> DeviceProperties = ImmutableHashSet.Create(StringComparer.OrdinalIgnoreCase,
        "UpperFilters", "LowerFilters", "DeviceCharacteristics", "DeviceType", "Exclusive", "Security", "FriendlyName", "Capabilities", "ConfigFlags");

    /// <summary>Applies one AddReg section; `relative` is the key that HKR means here, `properties` the instance key in an .HW section.</summary>
    public static Registry AddReg(InfFile inf, string section, Registry registry, string relative, string? properties = null)
    {
        foreach (InfLine line in inf.Lines(section))
        {
            (string root, string name) = (KeyPath(inf, line, relative), inf.Text(line, 2));
            if (properties is not null && inf.Text(line, 1).Length == 0 && IsRelative(inf, line) && DeviceProperties.Contains(name)) root = properties;
            uint flags = Flags(inf, line);
            registry = registry.Create(root, out int key);
            if (((Add)flags).HasFlag(Add.KeyOnly)) continue;
            if (((Add)flags).HasFlag(Add.DeleteValue) && (flags & KindMask) == 0)
            {
                registry = registry.DeleteValue(key, name);
                continue;
            }
            RegistryValue? old = registry[key].Value(name);
            if (((Add)flags).HasFlag(Add.NoClobber) && old is not null) continue;
            if (((Add)flags).HasFlag(Add.OverwriteOnly) && old is null) continue;
            RegistryValue value = Value(inf, line, name, flags & KindMask);
            if (((Add)flags).HasFlag(Add.Append) && old is not null && value.Type == RegistryValueType.MultiString)
                value = RegistryValue.Texts(name, old.AsTexts().Concat(value.AsTexts().Except(old.AsTexts(), StringComparer.OrdinalIgnoreCase)));
            registry = registry.Set(key, value);
        }
        return registry;
    }

    public static Registry DelReg(InfFile inf, string section, Registry registry, string relative)
    {
        foreach (InfLine line in inf.Lines(section))
        {
            if (!registry.TryOpen(KeyPath(inf, line, relative), out int key)) continue;
            registry = line.Fields.Length > 2 && line.Fields[2].Length > 0
                ? registry.DeleteValue(key, inf.Text(line, 2))
                : registry.DeleteTree(key);
        }
        return registry;
    }

    static bool IsRelative(InfFile inf, InfLine line) => inf.Text(line, 0).Equals("HKR", StringComparison.OrdinalIgnoreCase);

    static string KeyPath(InfFile inf, InfLine line, string relative)
    {
        string root = inf.Text(line, 0).ToUpperInvariant() switch
        {
            "HKR" => relative,
            "HKLM" => @"\Registry\Machine",
            "HKU" => @"\Registry\User",
            "HKCU" => @"\Registry\User\.DEFAULT",
            "HKCR" => @"\Registry\Machine\SOFTWARE\Classes",
            string other => throw new InfException(inf.Name, line.Number, $"HKR, HKLM, HKCR, HKCU or HKU expected, found \"{other}\""),
        };
        string subkey = inf.Text(line, 1).Trim('\\');
        return subkey.Length == 0 ? root : root + "\\" + subkey;
    }

    static uint Flags(InfFile inf, InfLine line)
    {
        string text = inf.Text(line, 3);
        if (text.Length == 0) return 0;
        return InfNumber.TryParse(text, out uint flags)
            ? flags
            : throw new InfException(inf.Name, line.Number, $"flags expected as a number, found \"{text}\"");
    }

    static RegistryValue Value(InfFile inf, InfLine line, string name, uint kind) => kind switch
    {
        0x00000000 => RegistryValue.Text(name, inf.Text(line, 4)),
        0x00020000 => RegistryValue.Text(name, inf.Text(line, 4), RegistryValueType.ExpandString),
        0x00010000 => RegistryValue.Texts(name, line.Fields.Skip(4).Select(text => inf.Replace(text, line.Number)).Where(text => text.Length > 0)),
        0x00010001 => Number(inf, line, name),
        0x00000001 => RegistryValue.Bytes(name, RegistryValueType.Binary, Bytes(inf, line)),
        0x00020001 => RegistryValue.Bytes(name, RegistryValueType.None, Bytes(inf, line)),
        _ when (kind & 1) != 0 => RegistryValue.Bytes(name, (RegistryValueType)(kind >> 16), Bytes(inf, line)),
        _ => throw new InfException(inf.Name, line.Number, $"flags 0x{kind:x8} name no value type that is known"),
    };

    static RegistryValue Number(InfFile inf, InfLine line, string name)
    {
        // A DWORD may also be given as its four bytes.
        if (line.Fields.Length - 4 == 4) return RegistryValue.Bytes(name, RegistryValueType.DWord, Bytes(inf, line));
        string text = inf.Text(line, 4);
        if (text.Length == 0) return RegistryValue.Number(name, 0);
        return InfNumber.TryParse(text, out uint value)
            ? RegistryValue.Number(name, value)
            : throw new InfException(inf.Name, line.Number, $"a number expected for \"{name}\", found \"{text}\"");
    }

    static byte[] Bytes(InfFile inf, InfLine line)
    {
        var bytes = new List<byte>();
        for (int i = 4; i < line.Fields.Length; i++)
        {
            string text = inf.Text(line, i);
            if (text.Length == 0) continue;
            string digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
            if (!byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
                throw new InfException(inf.Name, line.Number, $"a byte in hexadecimal expected, found \"{text}\"");
            bytes.Add(value);
        }
        return [.. bytes];
    }
}

/// <summary>Numbers as INF files write them: decimal, negative, or 0x hexadecimal.</summary>
static class InfNumber
{
    public static bool TryParse(string text, out uint value)
    {
        text = text.Trim();
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number is >= int.MinValue and <= uint.MaxValue)
        {
            value = (uint)number;
            return true;
        }
        value = 0;
        return false;
    }
}
