using System.Runtime.Intrinsics;
using System.Text;
using Iced.Intel;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>Cases and differences as text for failure messages and for the vector file.</summary>
static class CaseText
{
    static readonly string[] GprNames =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

    public static Instruction Decode(in OracleCase one)
    {
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(64, one.Instruction.ToArray());
        decoder.IP = OracleLayout.Slot;
        return decoder.Decode();
    }

    /// <summary>The instruction and the whole state it starts from.</summary>
    public static string Describe(in OracleCase one)
    {
        Instruction instruction = Decode(one);
        StringBuilder text = new();
        text.Append($"{instruction.Code}: {instruction} ({Convert.ToHexStringLower(one.Instruction)})");
        for (int i = 0; i < 16; i++)
            text.Append($"{(i % 4 == 0 ? "\n   " : "")} {GprNames[i]}={one.Gpr[i]:x16}");
        text.Append($"\n    flags={one.Flags:x} mxcsr={one.Mxcsr:x}");
        for (int i = 0; i < 16; i++)
            text.Append($"{(i % 2 == 0 ? "\n   " : "")} xmm{i}={one.Xmm[i].AsUInt64()[1]:x16}`{one.Xmm[i].AsUInt64()[0]:x16}");
        ReadOnlySpan<byte> memory = one.Memory;
        for (int i = 0; i < memory.Length; i += 32)
            text.Append($"\n    {OracleLayout.Window + i:x}: {Convert.ToHexStringLower(memory.Slice(i, 32))}");
        return text.ToString();
    }

    /// <summary>All instructions of a case, one a line.</summary>
    public static string Listing(in OracleCase one)
    {
        Iced.Intel.Decoder decoder = Iced.Intel.Decoder.Create(64, one.Instruction.ToArray());
        decoder.IP = OracleLayout.Slot;
        StringBuilder text = new();
        while (decoder.IP < OracleLayout.Slot + (ulong)one.Instruction.Length)
        {
            Instruction instruction = decoder.Decode();
            text.Append($"    {instruction.IP:x} {instruction}\n");
        }
        return text.ToString();
    }

    /// <summary>What <paramref name="after"/> holds that <paramref name="before"/> does not, e.g. <c>rax=5 flags=246 m40=ff01</c>.</summary>
    public static string Changes(in OracleCase before, in OracleCase after)
    {
        StringBuilder text = new();
        if (after.Fault != before.Fault)
            text.Append($" fault={after.Fault}");
        for (int i = 0; i < 16; i++)
            if (before.Gpr[i] != after.Gpr[i])
                text.Append($" {GprNames[i]}={after.Gpr[i]:x}");
        if (before.Flags != after.Flags)
            text.Append($" flags={after.Flags:x}");
        if (before.Mxcsr != after.Mxcsr)
            text.Append($" mxcsr={after.Mxcsr:x}");
        for (int i = 0; i < 16; i++)
            if (before.Xmm[i] != after.Xmm[i])
                text.Append($" xmm{i}={after.Xmm[i].AsUInt64()[1]:x16}`{after.Xmm[i].AsUInt64()[0]:x16}");
        AppendMemory(text, before.Memory, after.Memory);
        return text.Length == 0 ? "" : text.ToString(1, text.Length - 1);
    }

    static void AppendMemory(StringBuilder text, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        for (int i = 0; i < before.Length; i++)
        {
            if (before[i] == after[i])
                continue;
            int end = i + 1;
            while (end < before.Length && before[end] != after[end])
                end++;
            text.Append($" m{i:x2}={Convert.ToHexStringLower(after[i..end])}");
            i = end;
        }
    }
}
