using System.Diagnostics;
using KdSim.Debugger.Rendering;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Targets;
using KdSim.Symbols.Pdb;
using KdSim.Symbols.Pdb.Writing;
using KdSim.Symbols.Pe;

namespace KdSim.Benchmarks;

/// <summary>
/// What the first questions to a large PDB cost: a file of about 100 MB that is written here, a module that needs it, and <c>x</c>, <c>dt</c> and
/// <c>ln</c> typed into a session. The target is 2 seconds each, loading included.
/// </summary>
static class SymbolCost
{
    const int Types = 110_000, Publics = 700_000, FieldsOfType = 12, Rounds = 3;
    const ulong Base = 0xfffff806_00000000;

    public static void Run()
    {
        CodeViewRecord identity = new(Guid.Parse("5d2b9a30-7f0c-4f5e-9d60-6a1c0e0f4b21"), 1, "big.pdb");
        PeBuilder builder = new("big.sys") { ImageBase = Base, CodeView = identity };
        PeSection section = builder.AddSection(".text", new byte[16], SectionCharacteristics.Code | SectionCharacteristics.Read, Publics * 16);
        byte[] pdb = Write(section, identity.Guid);
        PeImage image = PeImage.Parse(builder.Build(), "big.sys");
        Console.WriteLine($"{pdb.Length >> 20} MB, {Types} types, {Publics} publics");
        for (int round = 0; round < Rounds; round++)
            foreach (string line in (string[])["x big!*777", $"dt big!_STRUCTURE_NUMBER_{Types / 2}", $"ln {Base + section.Rva + Publics * 8:x}", "x big!*"])
            {
                DebuggerSession session = new(new BigTarget(image, pdb), new ConsoleRenderer(TextWriter.Null));
                long start = Stopwatch.GetTimestamp();
                session.Execute(line);
                Console.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalMilliseconds,8:F0} ms  {line}{(session.Failed ? "  FAILED" : "")}");
            }
    }

    static byte[] Write(PeSection section, Guid guid)
    {
        PdbWriter writer = new([section]) { Guid = guid };
        PdbTypeModel field = new PdbTypeModel.Primitive(PrimitiveKind.UInt32);
        for (int t = 0; t < Types; t++)
            writer.AddType(new PdbTypeModel.Udt($"_STRUCTURE_NUMBER_{t}", false, 4 * FieldsOfType,
                [.. Enumerable.Range(0, FieldsOfType).Select(f => new PdbFieldModel($"FieldNumber{f}OfStructure{t}", (uint)f * 4, field))]));
        for (int p = 0; p < Publics; p++)
            writer.AddPublic($"RoutineOfSomeComponentNumber{p}", section.Rva + (uint)p * 16, isFunction: true);
        return writer.Write();
    }

    /// <summary>Nothing but one image in memory and its PDB.</summary>
    sealed class BigTarget(PeImage image, byte[] pdb) : ITarget, ISymbolBytes
    {
        readonly byte[] _memory = image.Map();

        public string Description => "a module with a large PDB";
        public int ProcessorCount => 1;
        public long Generation => 1;
        public KernelHints Hints => new(Base, 0, 0, 0);
        public IReadOnlyList<TargetModule> Modules { get; } = [new(Base, image.SizeOfImage, "big", "big.sys", "big.sys", image.TimeDateStamp, 0)];

        public int Read(AddressSpace space, ulong address, Span<byte> buffer)
        {
            if (address < Base || address - Base >= (ulong)_memory.Length)
                return 0;
            ReadOnlySpan<byte> there = _memory.AsSpan((int)(address - Base));
            int length = Math.Min(there.Length, buffer.Length);
            there[..length].CopyTo(buffer);
            return length;
        }

        public int ReadPhysical(ulong address, Span<byte> buffer) => 0;

        public bool TryGetContext(int processor, out ProcessorContext context)
        {
            context = new ProcessorContext();
            return false;
        }

        public T? Capability<T>() where T : class => this as T;

        public bool TryGetPdb(Guid guid, uint age, string fileName, out ReadOnlyMemory<byte> bytes)
        {
            bytes = pdb;
            return true;
        }
    }
}
