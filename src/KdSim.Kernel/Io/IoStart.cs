using KdSim.Kernel.Ob;
using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Io;

/// <summary>Gives the I/O manager's object types their procedures, before any object of theirs exists.</summary>
public sealed class IoStart(NtKernel kernel) : KernelComponent(kernel)
{
    internal void Initialize()
    {
        View<OBJECT_TYPE_INITIALIZER> device = Kernel.ObjectTypes.Of(ObjectKind.Device).TypeInfo;
        device.ParseProcedure = Kernel.Stubs.AddressOf(Stub.IopParseDevice);
        device.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.IopDeleteDevice);
        View<OBJECT_TYPE_INITIALIZER> driver = Kernel.ObjectTypes.Of(ObjectKind.Driver).TypeInfo;
        driver.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.IopDeleteDriver);
        View<OBJECT_TYPE_INITIALIZER> file = Kernel.ObjectTypes.Of(ObjectKind.File).TypeInfo;
        file.CloseProcedure = Kernel.Stubs.AddressOf(Stub.IopCloseFile);
        file.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.IopDeleteFile);
        View<OBJECT_TYPE_INITIALIZER> link = Kernel.ObjectTypes.Of(ObjectKind.SymbolicLink).TypeInfo;
        link.DeleteProcedure = Kernel.Stubs.AddressOf(Stub.ObpDeleteSymbolicLink);
    }
}
