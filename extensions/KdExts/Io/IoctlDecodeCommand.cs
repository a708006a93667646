using KdExts.Shared;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Nt;

namespace KdExts.Io;

/// <summary><c>!ioctldecode</c>: the parts of an I/O control code. The debugger knows no table of names: a driver's codes are its own.</summary>
[Command("!ioctldecode", "!ioctldecode code", "Take an I/O control code apart", Example = "!ioctldecode 222000")]
public sealed class IoctlDecodeCommand : WordCommand
{
    protected override IEnumerable<Node> Run(Words arguments, IDebugSession session)
    {
        IoControlCode code = new((uint)arguments.Address(session));
        yield return new Line($"Unknown IOCTL  : 0x{code.Value:x}");
        string[] names = Enum.GetNames<FILE_DEVICE>().Where(n => Enum.Parse<FILE_DEVICE>(n) == code.Device)
            .Select(n => "FILE_DEVICE_" + n.TrimStart('_')).ToArray();
        string device = names.Length > 0 ? $" ({string.Join(", ", names)})" : code.Value >> 31 != 0 ? " (a vendor's own)" : "";
        yield return new Line($"Device Type    : 0x{code.Value >> 16:x}{device}");
        yield return new Line($"Method         : 0x{(int)code.Method:x} {code.MethodName} ");
        yield return new Line($"Access         : {code.AccessName} ");
        yield return new Line($"Function       : 0x{code.Function:x}");
    }
}
