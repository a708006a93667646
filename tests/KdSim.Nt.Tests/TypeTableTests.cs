using System.Globalization;
using Xunit;

namespace KdSim.Nt.Tests;

/// <summary>The type table agrees with the DDK's headers and with itself.</summary>
public sealed class TypeTableTests
{
    private static readonly string Golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "nt-x64.txt"));

    [Fact]
    public void Layouts_are_those_of_the_ddk()
    {
        var wrong = new List<string>();
        int checkedFields = 0;
        NtStruct? structure = null;
        foreach (string line in Golden.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#'))
                continue;
            string[] words = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!line.StartsWith(' '))
            {
                structure = NtTypes.FindStruct(words[0]);
                if (structure is null || structure.Size != Hex(words[1]))
                    wrong.Add($"{words[0]}: size {words[1]} expected, {structure?.Size:x} found");
                continue;
            }
            checkedFields++;
            if (structure is not null && Describe(structure, words[0]) is var found && found != string.Join(' ', words[1..]))
                wrong.Add($"{structure.Name}.{words[0]}: {string.Join(' ', words[1..])} expected, {found} found");
        }
        Assert.Empty(wrong);
        Assert.True(checkedFields > 1500, $"only {checkedFields} fields in the golden file");
    }

    [Fact]
    public void Fields_lie_inside_and_do_not_overlap_by_mistake()
    {
        foreach (NtStruct structure in NtTypes.Structs)
            foreach (NtField field in structure.Fields)
                Assert.True(field.Offset + field.Type.Size <= structure.Size, $"{structure.Name}.{field.Name}");
    }

    [Fact]
    public void The_size_is_that_of_the_csharp_structure()
    {
        foreach (NtStruct structure in NtTypes.Structs)
        {
            int clr = (int)typeof(System.Runtime.CompilerServices.Unsafe).GetMethod("SizeOf")!.MakeGenericMethod(structure.ClrType).Invoke(null, null)!;
            Assert.True(clr == structure.Size, $"{structure.Name}: {structure.Size:x} stated, {clr:x} in memory");
        }
    }

    [Fact]
    public void Names_of_types_stand_once_and_in_order()
    {
        string[] names = [.. NtTypes.All.Select(t => t.Name)];
        Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names);
        Assert.True(names.Length > 250);
    }

    [Fact]
    public void An_irp_reads_as_dt_prints_it()
    {
        NtStruct irp = NtTypes.FindStruct("_IRP")!;
        Assert.Equal(0xD0, irp.Size);
        Assert.Equal("Ptr64 _MDL", irp.FindField("MdlAddress")!.Type.Name);
        Assert.Equal("Uint4B", irp.FindField("Flags")!.Type.Name);
        Assert.Equal("_LIST_ENTRY", irp.FindField("ThreadListEntry")!.Type.Name);
        Assert.Equal("Ptr64     ", irp.FindField("CancelRoutine")!.Type.Name);
        Assert.Equal("Ptr64 Void", irp.FindField("UserBuffer")!.Type.Name);
        var tail = (NtStruct)irp.FindField("Tail")!.Type;
        Assert.True(tail is { IsUnnamed: true, IsUnion: true, DisplayName: "<unnamed-tag>" });
        Assert.Equal("[15] UChar", NtTypes.FindStruct("_EPROCESS")!.FindField("ImageFileName")!.Type.Name);
        Assert.Equal("[28] Ptr64     ", NtTypes.FindStruct("_DRIVER_OBJECT")!.FindField("MajorFunction")!.Type.Name);
    }

    [Fact]
    public void Enums_have_their_members()
    {
        var states = (NtEnum)NtTypes.Find("_PNP_DEVNODE_STATE")!;
        Assert.Contains(new NtEnumerator("DeviceNodeStarted", 0x308), states.Values);
        Assert.Equal("DeviceNodeUnspecified", states.Values[0].Name);
        Assert.Contains(new NtEnumerator("PowerDeviceD0", 1), ((NtEnum)NtTypes.Find("_DEVICE_POWER_STATE")!).Values);
        Assert.Same(states, NtTypes.FindStruct("_DEVICE_NODE")!.FindField("State")!.Type);
    }

    [Theory]
    [InlineData("_KPCR", "Self", 0x18)]
    [InlineData("_KPCR", "CurrentPrcb", 0x20)]
    [InlineData("_KPCR", "Prcb", 0x180)]
    [InlineData("_KPRCB", "CurrentThread", 8)]
    [InlineData("_KPRCB", "LegacyNumber", 4)]
    [InlineData("_KPRCB", "ProcessorState", 0x100)]
    [InlineData("_KTRAP_FRAME", "Rip", 0x168)]
    [InlineData("_KTRAP_FRAME", "Rsp", 0x180)]
    [InlineData("_KEXCEPTION_FRAME", "Return", 0x138)]
    [InlineData("_KUSER_SHARED_DATA", "InterruptTime", 8)]
    [InlineData("_KUSER_SHARED_DATA", "SystemTime", 0x14)]
    [InlineData("_KUSER_SHARED_DATA", "TickCount", 0x320)]
    [InlineData("_KPROCESS", "DirectoryTableBase", 0x28)]
    [InlineData("_KLDR_DATA_TABLE_ENTRY", "BaseDllName", 0x58)]
    [InlineData("_OBJECT_HEADER", "Body", 0x30)]
    [InlineData("_POOL_HEADER", "PoolTag", 4)]
    [InlineData("_CONTEXT", "Rip", 0xF8)]
    [InlineData("_TEB", "ProcessEnvironmentBlock", 0x60)]
    public void Well_known_places_stand(string structure, string field, int offset) =>
        Assert.Equal(offset, NtTypes.FindStruct(structure)!.FindField(field)!.Offset);

    /// <summary>What the golden file says of a field, from the table: follows a path through unnamed types.</summary>
    private static string Describe(NtStruct structure, string path)
    {
        int offset = 0;
        NtField? field = null;
        foreach (string name in path.Split('.'))
        {
            field = structure.FindField(name);
            if (field is null)
                return "nothing";
            offset += field.Offset;
            NtType type = field.Type is NtArray array ? array.Element : field.Type;
            structure = type as NtStruct ?? structure;
        }
        return field!.Type is NtBitField bits ? $"0x{offset:x} bits {bits.Position} {bits.Length}" : $"0x{offset:x}";
    }

    private static int Hex(string text) => int.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
