using System.Text;
using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;

namespace KdExts.Dbg;

/// <summary><c>!dbgprint</c>: what drivers printed, from the ring in nt's memory: the oldest text first.</summary>
[Command("!dbgprint", "!dbgprint", "Show the buffer of DbgPrint", Example = "!dbgprint")]
[Reads("nt!KdPrintCircularBuffer", "nt!KdPrintBufferSize", "nt!KdPrintWritePointer", "nt!KdPrintRolloverCount")]
public sealed class DebugPrintCommand : WordCommand
{
    const uint MostBytes = 16 << 20;

    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        ulong ring = session.ReadPointer(session.AddressOf("nt!KdPrintCircularBuffer"));
        ulong next = session.ReadPointer(session.AddressOf("nt!KdPrintWritePointer"));
        uint size = session.ReadUInt32(session.AddressOf("nt!KdPrintBufferSize"));
        if (size is 0 or > MostBytes || next - ring > size)
        {
            yield return new Error($"nt!KdPrintWritePointer ({next:x16}) does not point into the buffer at {ring:x16}");
            yield break;
        }
        byte[] bytes = new byte[size];
        if (session.Read(ring, bytes) < bytes.Length)
        {
            yield return new Error($"Can't read the DbgPrint buffer at {ring:x16}");
            yield break;
        }
        int end = (int)(next - ring);
        bool rolled = session.ReadUInt32(session.AddressOf("nt!KdPrintRolloverCount")) != 0;
        string text = (rolled ? Encoding.Latin1.GetString(bytes, end, bytes.Length - end) : "") + Encoding.Latin1.GetString(bytes, 0, end);
        foreach (string line in text.Replace("\0", "").ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
            yield return new Line(line);
    }
}
