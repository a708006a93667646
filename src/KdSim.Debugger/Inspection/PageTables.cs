using System.Buffers.Binary;
using KdSim.Debugger.Sessions;

namespace KdSim.Debugger.Inspection;

/// <summary>What the page tables of the current address space say of an address.</summary>
static class PageTables
{
    const ulong Present = 1, Writable = 2, Large = 0x80, FrameMask = 0x000f_ffff_ffff_f000;

    /// <summary>Whether code in the kernel may write there. Where the tables cannot be read the answer is yes.</summary>
    public static bool IsWritable(DebuggerSession session, ulong address)
    {
        ulong table = session.Space.DirectoryBase != 0 ? session.Space.DirectoryBase : session.Context.Control?.Cr3 ?? 0;
        Span<byte> bytes = stackalloc byte[8];
        for (int shift = 39; shift >= 12; shift -= 9)
        {
            if (session.Target.ReadPhysical((table & FrameMask) + (address >> shift & 0x1ff) * 8, bytes) != bytes.Length)
                return true;
            table = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            if ((table & (Present | Writable)) != (Present | Writable))
                return false;
            if ((table & Large) != 0 && shift > 12)
                return true;
        }
        return true;
    }
}
