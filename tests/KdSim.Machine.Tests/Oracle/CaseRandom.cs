using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>
/// A small generator (SplitMix64) whose stream never changes, since the committed vectors hold only outcomes and the inputs are
/// drawn again. Values lean towards the corners where instructions go wrong.
/// </summary>
struct CaseRandom(ulong seed)
{
    ulong state = seed;

    static readonly ulong[] IntegerCorners =
    [
        0, 1, 2, ulong.MaxValue, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_FFFF_FF80, 0xFFFF_FFFF_FFFF_8000,
    ];

    static readonly uint[] SingleCorners =
    [
        0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_1234, 0x7F80_0001, 0xFFA0_0000, 1,
        0x8000_0001, 0x007F_FFFF, 0x0080_0000, 0x8080_0000, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x3F00_0000, 0x3FC0_0000, 0x4020_0000,
        0x4EFF_FFFF, 0x4F00_0000, 0xCF00_0000, 0xCF00_0001, 0x4F80_0000, 0x5F00_0000, 0xDF00_0000, 0x0040_0000, 0x2000_0000, 0x1F80_0001,
    ];

    static readonly ulong[] DoubleCorners =
    [
        0, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_1234, 0x7FF0_0000_0000_0001, 0xFFF4_0000_0000_0000, 1, 0x8000_0000_0000_0001,
        0x000F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x8010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF, 0xFFEF_FFFF_FFFF_FFFF,
        0x3FE0_0000_0000_0000, 0x3FF8_0000_0000_0000, 0x4004_0000_0000_0000, 0x41DF_FFFF_FFC0_0000, 0x41DF_FFFF_FFE0_0000,
        0x41E0_0000_0000_0000, 0xC1E0_0000_0000_0000, 0xC1E0_0000_0010_0000, 0xC1E0_0000_0020_0000, 0x43E0_0000_0000_0000,
        0xC3E0_0000_0000_0000, 0x47EF_FFFF_E000_0000, 0x47EF_FFFF_F000_0000, 0x380F_FFFF_F000_0000, 0x36A0_0000_0000_0000,
        0x3690_0000_0000_0001, 0x1FF0_0000_0000_0001, 0x2000_0000_0000_0000,
    ];

    public ulong Next()
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)((Next() >> 32) * (ulong)bound >> 32);

    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    public ulong Integer() => Below(8) switch
    {
        < 3 => Pick<ulong>(IntegerCorners),
        3 => (ulong)Below(256) - 64,
        4 => Next() >> Below(64),
        _ => Next(),
    };

    uint Single() => Below(8) switch
    {
        < 3 => Pick<uint>(SingleCorners),
        3 => (uint)Next(),
        4 => Pick<uint>(SingleCorners) + (uint)Below(5) - 2,
        5 => BitConverter.SingleToUInt32Bits(Below(2000) / 4f - 250f),
        _ => (uint)(Next() & 0x807F_FFFF) | (uint)(127 - 30 + Below(60)) << 23,
    };

    ulong Double() => Below(8) switch
    {
        < 3 => Pick<ulong>(DoubleCorners),
        3 => Next(),
        4 => Pick<ulong>(DoubleCorners) + (ulong)Below(5) - 2,
        5 => BitConverter.DoubleToUInt64Bits(Below(2000) / 4.0 - 250.0),
        _ => Next() & 0x800F_FFFF_FFFF_FFFF | (ulong)(1023 - 60 + Below(120)) << 52,
    };

    /// <summary>A vector seen as bytes, words, doublewords, quadwords, or numbers of either format.</summary>
    public Vector128<byte> Vector()
    {
        Span<ulong> halves = stackalloc ulong[2];
        switch (Below(6))
        {
            case 0 or 1:
                Span<uint> singles = MemoryMarshal.Cast<ulong, uint>(halves);
                for (int i = 0; i < 4; i++)
                    singles[i] = Single();
                break;
            case 2 or 3:
                halves[0] = Double();
                halves[1] = Double();
                break;
            case 4:
                Span<ushort> words = MemoryMarshal.Cast<ulong, ushort>(halves);
                for (int i = 0; i < 8; i++)
                    words[i] = (ushort)Integer();
                break;
            default:
                halves[0] = Integer();
                halves[1] = Integer();
                break;
        }
        return Vector128.Create(halves[0], halves[1]).AsByte();
    }
}
