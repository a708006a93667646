using System.Runtime.InteropServices;
using KdSim.Tracing.Etl.Format;
using KdSim.Tracing.Tests.Etl;

namespace KdSim.Benchmarks;

/// <summary>
/// Makes the trace on which reading is measured: four processors that take interrupts, run DPCs, switch threads and send requests, in
/// buffers of 64 KB. The mix and the sizes of payloads are those of a kernel session; routines, threads and requests repeat as they do there.
/// </summary>
static class TraceFile
{
    const int Processors = 4, BufferSize = 64 << 10;

    public static void Write(string path, int events, bool compressed)
    {
        var builder = new EtlBuilder(BufferSize, compressed) { Processors = Processors };
        ulong state = 1;
        Span<byte> payload = stackalloc byte[64];
        for (int i = 0; i < events - 1; i++)
        {
            // A fixed sequence of pseudo-random numbers: the same file each time.
            state = state * 6364136223846793005 + 1442695040888963407;
            uint random = (uint)(state >> 33);
            int processor = (int)(random % Processors);
            long time = EtlBuilder.HeaderTime + 37L * i + random % 31;
            Event(builder, processor, time, random, payload);
        }
        builder.Save(path);
    }

    static void Event(EtlBuilder builder, int processor, long time, uint random, Span<byte> payload)
    {
        ulong routine = 0xFFFFF806_20000000 + (random >> 8 & 63) * 0x140, irp = 0xFFFFCE0F_10000000 + (random >> 8 & 1023) * 0x200;
        int length = 0;
        switch (random >> 4 & 7)
        {
            case 0 or 1:
                Add(payload, ref length, time - 50);
                Add(payload, ref length, routine);
                Add(payload, ref length, (byte)1);
                Add(payload, ref length, (ushort)(0x61 + (random >> 9 & 7)));
                Add(payload, ref length, (byte)0);
                builder.PerfInfo(processor, time, KernelGroup.PerfInfo, 67, 2, payload[..length]);
                break;
            case 2 or 3:
                Add(payload, ref length, time - 200);
                Add(payload, ref length, routine);
                builder.PerfInfo(processor, time, KernelGroup.PerfInfo, 68, 2, payload[..length]);
                break;
            case 4 or 5:
                Add(payload, ref length, random >> 10 & 0xFFC);
                Add(payload, ref length, random >> 12 & 0xFFC);
                Add(payload, ref length, 0x0000_0809u);
                Add(payload, ref length, 0x0001_0117u);
                Add(payload, ref length, 5u);
                Add(payload, ref length, 0u);
                builder.PerfInfo(processor, time, KernelGroup.Thread, 36, 4, payload[..length]);
                break;
            case 6:
                Add(payload, ref length, random >> 11 & 15);
                Add(payload, ref length, 0u);
                Add(payload, ref length, routine);
                Add(payload, ref length, irp + 0x40);
                Add(payload, ref length, irp);
                Add(payload, ref length, random);
                builder.PerfInfo(processor, time, KernelGroup.DiskIo, 34, 2, payload[..length]);
                break;
            default:
                Add(payload, ref length, routine);
                Add(payload, ref length, irp);
                Add(payload, ref length, random);
                builder.PerfInfo(processor, time, KernelGroup.DiskIo, 52, 2, payload[..length]);
                break;
        }
    }

    static void Add<T>(Span<byte> payload, ref int length, T value) where T : unmanaged
    {
        MemoryMarshal.Write(payload[length..], in value);
        length += Marshal.SizeOf<T>();
    }
}
