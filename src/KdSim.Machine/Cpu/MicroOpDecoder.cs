using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Turns Iced instructions into micro-ops. A handler is
/// <c>delegate*&lt;Processor, Core*, MicroOp*, Flow&gt;</c>; each family of instructions has a table from Code to handler.
/// </summary>
internal static class MicroOpDecoder
{
    public static bool IsSupported(Code code) => Handlers.Has(code) || SimdHandlers.Has(code);
}
