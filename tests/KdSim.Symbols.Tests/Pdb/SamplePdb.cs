using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pdb.Writing;
using KdSim.Symbols.Pe;
using static KdSim.Symbols.Pdb.Writing.PdbTypeModel;

namespace KdSim.Symbols.Tests.Pdb;

/// <summary>A generated database with one of everything the writer can say.</summary>
internal static class SamplePdb
{
    public const int BigEnumValues = 4000;

    public static readonly IReadOnlyList<PeSection> Sections = PeImage.Parse(Symbols.Tests.Pe.PeTests.BuildHal(), "hal.dll").Sections;

    public static PdbWriter Writer()
    {
        var uchar = new Primitive(PrimitiveKind.UnsignedChar);
        var uint16 = new Primitive(PrimitiveKind.UInt16Short);
        var uint32 = new Primitive(PrimitiveKind.UInt32Long);
        var int32 = new Primitive(PrimitiveKind.Int32Long);
        var voidPtr = new Pointer(new Primitive(PrimitiveKind.Void));
        var device = new Pointer(new Named("_DEVICE_OBJECT"));
        var dispatch = new Function(int32, [device, new Pointer(new Named("_IRP"))]);
        var writer = new PdbWriter(Sections);
        writer.AddType(new Udt("_IRP", false, 0x30, [
            new("Type", 0, new Primitive(PrimitiveKind.Int16Short)),
            new("Size", 2, uint16),
            new("Link", 8, new Named("_LIST_ENTRY")),
            new("Tail", 0x18, new Udt(UnnamedTag, true, 0x10, [
                new("Overlay", 0, new Udt(UnnamedTag, false, 0x10, [
                    new("DriverContext", 0, new PdbTypeModel.Array(voidPtr, 2))])),
                new("Thread", 0, new Pointer(new Named("_KTHREAD")))])),
            new("Low", 0x28, uint32, 0, 3),
            new("High", 0x28, uint32, 3, 29),
            new("State", 0x2c, new Named("_DEVICE_STATE"))]));
        writer.AddType(new Udt("_LIST_ENTRY", false, 0x10, [
            new("Flink", 0, new Pointer(new Named("_LIST_ENTRY"))),
            new("Blink", 8, new Pointer(new Named("_LIST_ENTRY")))]));
        writer.AddType(new PdbTypeModel.Enum("_DEVICE_STATE", PrimitiveKind.Int32, [new("DeviceGone", -1), new("DeviceUp", 1), new("DeviceBig", 0x7fffffff)]));
        writer.AddType(new Udt("_DRIVER_OBJECT", false, 0x150, [
            new("Name", 0, new Pointer(new Qualified(new Primitive(PrimitiveKind.WideChar), true, false))),
            new("Grid", 8, new PdbTypeModel.Array(new PdbTypeModel.Array(uchar, 4), 3)),
            new("MajorFunction", 0x70, new PdbTypeModel.Array(new Pointer(dispatch), 28))]));
        writer.AddType(new PdbTypeModel.Enum("_BIG", PrimitiveKind.UInt32,
            [.. Enumerable.Range(0, BigEnumValues).Select(i => new PdbEnumValueModel($"ABigEnumerator{i:d5}", i))]));
        writer.AddTypedef("KIRQL", uchar);
        var module = writer.AddModule("ke.obj");
        module.AddProcedure("KeStall", 0x1000, 4, dispatch);
        module.AddProcedure("KiHidden", 0x1004, 4, new Function(new Primitive(PrimitiveKind.Void), [uint32], IsVariadic: true), isStatic: true);
        writer.AddModule("empty.obj");
        writer.AddData("HalData", 0x2008, new Named("_LIST_ENTRY"));
        writer.AddPublic("KeStall", 0x1000, isFunction: true);
        writer.AddPublic("HalData", 0x2008, isFunction: false);
        for (int i = 0; i < 500; i++)
            writer.AddPublic($"HalpSlot{i}", 0x2010 + (uint)i * 8, isFunction: false);
        return writer;
    }

    public static byte[] Bytes()
    {
        var writer = Writer();
        writer.Guid = writer.ComputeContentGuid();
        return writer.Write();
    }
}
