using System.Buffers.Binary;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Etl.Lint;
using KdSim.Tracing.Etl.Reading;
using Xunit;

namespace KdSim.Tracing.Tests.Etl;

/// <summary>Each rule on a file that breaks it; a file that keeps them all has no finding.</summary>
public class TraceLintTests
{
    const long Time = EtlBuilder.HeaderTime + 10;

    static (byte[] File, int Second) Good()
    {
        var builder = new EtlBuilder(1024);
        for (int i = 0; i < 60; i++)
            builder.PerfInfo(0, Time + i, KernelGroup.PerfInfo, 68, 2, new byte[16]);
        byte[] file = builder.Build();
        return (file, (int)builder.BufferOffsets.ElementAt(1));
    }

    static LintRule[] Broken(byte[] bytes)
    {
        using EtlFile file = EtlFile.Open(TraceBytes.Of(bytes));
        return [.. TraceLint.Of(file).Counts.Keys];
    }

    [Fact]
    public void A_good_file_has_no_finding() => Assert.Empty(Broken(Good().File));

    [Theory]
    [InlineData(LintRule.BufferState, 0x2C, 1u)]
    [InlineData(LintRule.BufferState, 0x0C, 1u)]
    [InlineData(LintRule.BufferEnd, 0x04, 72u)]
    [InlineData(LintRule.HeaderBuffer, 0x34, 0x0004_0020u)]
    [InlineData(LintRule.Processor, 0x34, 0u)]
    [InlineData(LintRule.FlushTime, 0x10, 1u)]
    [InlineData(LintRule.TimeOrder, 0x48 + 32 + 8, 5u)]
    [InlineData(LintRule.UnusedSpace, 1020, 0u)]
    [InlineData(LintRule.HeaderWidth, 0x48, 0xC010_0002u)]
    [InlineData(LintRule.Payload, 0x48 + 4, 0x0F43_0020u)]
    [InlineData(LintRule.Readable, 0x48, 0u)]
    public void A_rule_is_broken_by_a_change_in_the_second_buffer(LintRule rule, int offset, uint value)
    {
        (byte[] file, int second) = Good();
        // The last byte range of a buffer is unused in its last one only.
        int place = rule == LintRule.UnusedSpace ? file.Length - 1024 + offset : second + offset;
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(place), value);
        Assert.Contains(rule, Broken(file));
    }

    [Theory]
    [InlineData("PerfFreq")]
    [InlineData("NumberOfProcessors")]
    [InlineData("StartBuffers")]
    [InlineData("ReservedFlags")]
    [InlineData("PointerSize")]
    public void The_headers_fields_are_judged(string field)
    {
        byte[] file = Good().File;
        int payload = BufferHeader.Length + SystemTraceHeader.Length;
        file.AsSpan(payload + LogFileHeader.Template.OffsetOf(field, 8), 4).Clear();
        Assert.Contains(LintRule.HeaderFields, Broken(file));
    }

    [Fact]
    public void Two_buffers_of_one_number_and_a_broken_manifest_are_found()
    {
        (byte[] file, int second) = Good();
        file.AsSpan(second + 0x18, 8).CopyTo(file.AsSpan(second + 1024 + 0x18));
        Assert.Equal([LintRule.SequenceNumber], Broken(file));
        byte[] manifest = [1, 1, 0, 0x5B, 1, 0, 0, 0, .. "<no"u8];
        Assert.Equal([LintRule.Manifest], Broken(new EtlBuilder().Event(0, Time, Guid.Empty, 0xFFFE, manifest, opcode: 0xFE).Build()));
    }
}
