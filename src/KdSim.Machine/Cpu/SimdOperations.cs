using System.Runtime.InteropServices;
using Iced.Intel;

namespace KdSim.Machine.Cpu;

/// <summary>
/// Which Iced codes of SSE to SSE4.2 the interpreter has, and how each is carried out. Not here: MMX registers, AES, PCLMULQDQ,
/// and all that needs VEX; CPUID does not offer them.
/// </summary>
internal static unsafe class SimdOperations
{
    /// <summary>Indexed by code; in native memory, since the interpreter reads it on its way.</summary>
    static readonly SimdOperation* Table = Build();

    public static bool Has(Code code) => Table[(int)code].Shape != SimdShape.None;

    public static ref readonly SimdOperation Get(Code code) => ref Table[(int)code];

    public static ref readonly SimdOperation Get(MicroOp* op) => ref Table[op->Extra];

    static SimdOperation* Build()
    {
        var table = (SimdOperation*)NativeMemory.AllocZeroed((nuint)IcedConstants.CodeCount, (nuint)sizeof(SimdOperation));
        RegisterLogic(table);
        RegisterInteger(table);
        RegisterMultiply(table);
        RegisterShifts(table);
        RegisterShuffles(table);
        RegisterWidening(table);
        RegisterInserts(table);
        RegisterMoves(table);
        RegisterArithmetic(table);
        RegisterCompares(table);
        RegisterConversions(table);
        RegisterGeneral(table);
        return table;
    }

    static ref SimdOperation Set(
        SimdOperation* table, Code code, SimdShape shape, delegate*<Vec, Vec, ref SimdContext, Vec> function,
        delegate*<Vec, Vec, ref SimdContext, Vec> onMemory = null)
    {
        ref SimdOperation operation = ref table[(int)code];
        operation.Shape = shape;
        operation.OnRegisters = function;
        operation.OnMemory = onMemory == null ? function : onMemory;
        operation.SourceIsGpr = shape == SimdShape.XmmFromGpr;
        return ref operation;
    }

    static ref SimdOperation Xmm(
        SimdOperation* table, Code code, delegate*<Vec, Vec, ref SimdContext, Vec> function,
        delegate*<Vec, Vec, ref SimdContext, Vec> onMemory = null) => ref Set(table, code, SimdShape.Xmm, function, onMemory);

    static ref SimdOperation Store(
        SimdOperation* table, Code code, delegate*<Vec, Vec, ref SimdContext, Vec> function,
        delegate*<Vec, Vec, ref SimdContext, Vec> onMemory = null) => ref Set(table, code, SimdShape.Store, function, onMemory);

    /// <summary>Nothing but a copy of 16 bytes.</summary>
    static ref SimdOperation Copy(SimdOperation* table, Code code, SimdShape shape)
    {
        ref SimdOperation operation = ref Set(table, code, shape, &SimdShuffle.Move);
        operation.IsPlainMove = true;
        return ref operation;
    }

    static void FromGpr(SimdOperation* table, Code code, delegate*<Vec, Vec, ref SimdContext, Vec> function) =>
        Set(table, code, SimdShape.XmmFromGpr, function);

    static void StoreGpr(SimdOperation* table, Code code, delegate*<Vec, Vec, ref SimdContext, Vec> function) =>
        Set(table, code, SimdShape.StoreGpr, function);

    static void ToGpr(SimdOperation* table, Code code, delegate*<Vec, Vec, ref SimdContext, Vec> function) =>
        Set(table, code, SimdShape.Gpr, function);

    static void ToFlags(SimdOperation* table, Code code, delegate*<Vec, Vec, ref SimdContext, Vec> function) =>
        Set(table, code, SimdShape.Flags, function);

    /// <summary>Both operands are general registers.</summary>
    static ref SimdOperation Between(SimdOperation* table, Code code, delegate*<Vec, Vec, ref SimdContext, Vec> function)
    {
        ref SimdOperation operation = ref Set(table, code, SimdShape.Gpr, function);
        operation.SourceIsGpr = true;
        operation.DestinationIsGpr = true;
        return ref operation;
    }

    static void Unaligned(ref SimdOperation operation) => operation.Unaligned = true;

    static void Special(SimdOperation* table, Code code, delegate*<Processor, Core*, MicroOp*, Flow> handler)
    {
        table[(int)code].Shape = SimdShape.Special;
        table[(int)code].Handler = (nint)handler;
    }

    static void RegisterLogic(SimdOperation* table)
    {
        Xmm(table, Code.Andps_xmm_xmmm128, &SimdInteger.And);
        Xmm(table, Code.Andpd_xmm_xmmm128, &SimdInteger.And);
        Xmm(table, Code.Pand_xmm_xmmm128, &SimdInteger.And);
        Xmm(table, Code.Andnps_xmm_xmmm128, &SimdInteger.AndNot);
        Xmm(table, Code.Andnpd_xmm_xmmm128, &SimdInteger.AndNot);
        Xmm(table, Code.Pandn_xmm_xmmm128, &SimdInteger.AndNot);
        Xmm(table, Code.Orps_xmm_xmmm128, &SimdInteger.Or);
        Xmm(table, Code.Orpd_xmm_xmmm128, &SimdInteger.Or);
        Xmm(table, Code.Por_xmm_xmmm128, &SimdInteger.Or);
        Xmm(table, Code.Xorps_xmm_xmmm128, &SimdInteger.Xor);
        Xmm(table, Code.Xorpd_xmm_xmmm128, &SimdInteger.Xor);
        Xmm(table, Code.Pxor_xmm_xmmm128, &SimdInteger.Xor);
    }

    static void RegisterInteger(SimdOperation* table)
    {
        Xmm(table, Code.Paddb_xmm_xmmm128, &SimdInteger.Add8);
        Xmm(table, Code.Paddw_xmm_xmmm128, &SimdInteger.Add16);
        Xmm(table, Code.Paddd_xmm_xmmm128, &SimdInteger.Add32);
        Xmm(table, Code.Paddq_xmm_xmmm128, &SimdInteger.Add64);
        Xmm(table, Code.Psubb_xmm_xmmm128, &SimdInteger.Sub8);
        Xmm(table, Code.Psubw_xmm_xmmm128, &SimdInteger.Sub16);
        Xmm(table, Code.Psubd_xmm_xmmm128, &SimdInteger.Sub32);
        Xmm(table, Code.Psubq_xmm_xmmm128, &SimdInteger.Sub64);
        Xmm(table, Code.Paddsb_xmm_xmmm128, &SimdInteger.AddS8);
        Xmm(table, Code.Paddsw_xmm_xmmm128, &SimdInteger.AddS16);
        Xmm(table, Code.Paddusb_xmm_xmmm128, &SimdInteger.AddU8);
        Xmm(table, Code.Paddusw_xmm_xmmm128, &SimdInteger.AddU16);
        Xmm(table, Code.Psubsb_xmm_xmmm128, &SimdInteger.SubS8);
        Xmm(table, Code.Psubsw_xmm_xmmm128, &SimdInteger.SubS16);
        Xmm(table, Code.Psubusb_xmm_xmmm128, &SimdInteger.SubU8);
        Xmm(table, Code.Psubusw_xmm_xmmm128, &SimdInteger.SubU16);
        Xmm(table, Code.Pavgb_xmm_xmmm128, &SimdInteger.Average8);
        Xmm(table, Code.Pavgw_xmm_xmmm128, &SimdInteger.Average16);
        Xmm(table, Code.Pminsb_xmm_xmmm128, &SimdInteger.MinS8);
        Xmm(table, Code.Pminsw_xmm_xmmm128, &SimdInteger.MinS16);
        Xmm(table, Code.Pminsd_xmm_xmmm128, &SimdInteger.MinS32);
        Xmm(table, Code.Pminub_xmm_xmmm128, &SimdInteger.MinU8);
        Xmm(table, Code.Pminuw_xmm_xmmm128, &SimdInteger.MinU16);
        Xmm(table, Code.Pminud_xmm_xmmm128, &SimdInteger.MinU32);
        Xmm(table, Code.Pmaxsb_xmm_xmmm128, &SimdInteger.MaxS8);
        Xmm(table, Code.Pmaxsw_xmm_xmmm128, &SimdInteger.MaxS16);
        Xmm(table, Code.Pmaxsd_xmm_xmmm128, &SimdInteger.MaxS32);
        Xmm(table, Code.Pmaxub_xmm_xmmm128, &SimdInteger.MaxU8);
        Xmm(table, Code.Pmaxuw_xmm_xmmm128, &SimdInteger.MaxU16);
        Xmm(table, Code.Pmaxud_xmm_xmmm128, &SimdInteger.MaxU32);
        Xmm(table, Code.Pcmpeqb_xmm_xmmm128, &SimdInteger.Equal8);
        Xmm(table, Code.Pcmpeqw_xmm_xmmm128, &SimdInteger.Equal16);
        Xmm(table, Code.Pcmpeqd_xmm_xmmm128, &SimdInteger.Equal32);
        Xmm(table, Code.Pcmpeqq_xmm_xmmm128, &SimdInteger.Equal64);
        Xmm(table, Code.Pcmpgtb_xmm_xmmm128, &SimdInteger.Greater8);
        Xmm(table, Code.Pcmpgtw_xmm_xmmm128, &SimdInteger.Greater16);
        Xmm(table, Code.Pcmpgtd_xmm_xmmm128, &SimdInteger.Greater32);
        Xmm(table, Code.Pcmpgtq_xmm_xmmm128, &SimdInteger.Greater64);
        Xmm(table, Code.Pabsb_xmm_xmmm128, &SimdInteger.Abs8);
        Xmm(table, Code.Pabsw_xmm_xmmm128, &SimdInteger.Abs16);
        Xmm(table, Code.Pabsd_xmm_xmmm128, &SimdInteger.Abs32);
        Xmm(table, Code.Psignb_xmm_xmmm128, &SimdInteger.Sign8);
        Xmm(table, Code.Psignw_xmm_xmmm128, &SimdInteger.Sign16);
        Xmm(table, Code.Psignd_xmm_xmmm128, &SimdInteger.Sign32);
    }

    static void RegisterMultiply(SimdOperation* table)
    {
        Xmm(table, Code.Pmullw_xmm_xmmm128, &SimdInteger.MultiplyLow16);
        Xmm(table, Code.Pmulld_xmm_xmmm128, &SimdInteger.MultiplyLow32);
        Xmm(table, Code.Pmulhw_xmm_xmmm128, &SimdInteger.MultiplyHighS16);
        Xmm(table, Code.Pmulhuw_xmm_xmmm128, &SimdInteger.MultiplyHighU16);
        Xmm(table, Code.Pmulhrsw_xmm_xmmm128, &SimdInteger.MultiplyRounded);
        Xmm(table, Code.Pmuludq_xmm_xmmm128, &SimdInteger.MultiplyEvenU32);
        Xmm(table, Code.Pmuldq_xmm_xmmm128, &SimdInteger.MultiplyEvenS32);
        Xmm(table, Code.Pmaddwd_xmm_xmmm128, &SimdInteger.MultiplyAdd16);
        Xmm(table, Code.Pmaddubsw_xmm_xmmm128, &SimdInteger.MultiplyAdd8);
        Xmm(table, Code.Psadbw_xmm_xmmm128, &SimdInteger.SumOfDifferences);
        Xmm(table, Code.Phminposuw_xmm_xmmm128, &SimdInteger.LeastWord);
        Xmm(table, Code.Phaddw_xmm_xmmm128, &SimdInteger.HAdd16);
        Xmm(table, Code.Phaddd_xmm_xmmm128, &SimdInteger.HAdd32);
        Xmm(table, Code.Phaddsw_xmm_xmmm128, &SimdInteger.HAddS16);
        Xmm(table, Code.Phsubw_xmm_xmmm128, &SimdInteger.HSub16);
        Xmm(table, Code.Phsubd_xmm_xmmm128, &SimdInteger.HSub32);
        Xmm(table, Code.Phsubsw_xmm_xmmm128, &SimdInteger.HSubS16);
        Xmm(table, Code.Mpsadbw_xmm_xmmm128_imm8, &SimdInteger.SlidingSums);
    }

    static void RegisterShifts(SimdOperation* table)
    {
        Xmm(table, Code.Psllw_xmm_xmmm128, &SimdInteger.ShiftLeft16);
        Xmm(table, Code.Pslld_xmm_xmmm128, &SimdInteger.ShiftLeft32);
        Xmm(table, Code.Psllq_xmm_xmmm128, &SimdInteger.ShiftLeft64);
        Xmm(table, Code.Psrlw_xmm_xmmm128, &SimdInteger.ShiftRight16);
        Xmm(table, Code.Psrld_xmm_xmmm128, &SimdInteger.ShiftRight32);
        Xmm(table, Code.Psrlq_xmm_xmmm128, &SimdInteger.ShiftRight64);
        Xmm(table, Code.Psraw_xmm_xmmm128, &SimdInteger.ShiftSigned16);
        Xmm(table, Code.Psrad_xmm_xmmm128, &SimdInteger.ShiftSigned32);
        Xmm(table, Code.Psllw_xmm_imm8, &SimdInteger.ShiftLeft16By);
        Xmm(table, Code.Pslld_xmm_imm8, &SimdInteger.ShiftLeft32By);
        Xmm(table, Code.Psllq_xmm_imm8, &SimdInteger.ShiftLeft64By);
        Xmm(table, Code.Psrlw_xmm_imm8, &SimdInteger.ShiftRight16By);
        Xmm(table, Code.Psrld_xmm_imm8, &SimdInteger.ShiftRight32By);
        Xmm(table, Code.Psrlq_xmm_imm8, &SimdInteger.ShiftRight64By);
        Xmm(table, Code.Psraw_xmm_imm8, &SimdInteger.ShiftSigned16By);
        Xmm(table, Code.Psrad_xmm_imm8, &SimdInteger.ShiftSigned32By);
        Xmm(table, Code.Pslldq_xmm_imm8, &SimdShuffle.ShiftBytesLeft);
        Xmm(table, Code.Psrldq_xmm_imm8, &SimdShuffle.ShiftBytesRight);
    }

    static void RegisterShuffles(SimdOperation* table)
    {
        Xmm(table, Code.Packsswb_xmm_xmmm128, &SimdInteger.PackS16);
        Xmm(table, Code.Packuswb_xmm_xmmm128, &SimdInteger.PackU16);
        Xmm(table, Code.Packssdw_xmm_xmmm128, &SimdInteger.PackS32);
        Xmm(table, Code.Packusdw_xmm_xmmm128, &SimdInteger.PackU32);
        Xmm(table, Code.Punpcklbw_xmm_xmmm128, &SimdShuffle.UnpackLow8);
        Xmm(table, Code.Punpcklwd_xmm_xmmm128, &SimdShuffle.UnpackLow16);
        Xmm(table, Code.Punpckldq_xmm_xmmm128, &SimdShuffle.UnpackLow32);
        Xmm(table, Code.Punpcklqdq_xmm_xmmm128, &SimdShuffle.UnpackLow64);
        Xmm(table, Code.Punpckhbw_xmm_xmmm128, &SimdShuffle.UnpackHigh8);
        Xmm(table, Code.Punpckhwd_xmm_xmmm128, &SimdShuffle.UnpackHigh16);
        Xmm(table, Code.Punpckhdq_xmm_xmmm128, &SimdShuffle.UnpackHigh32);
        Xmm(table, Code.Punpckhqdq_xmm_xmmm128, &SimdShuffle.UnpackHigh64);
        Xmm(table, Code.Unpcklps_xmm_xmmm128, &SimdShuffle.UnpackLow32);
        Xmm(table, Code.Unpckhps_xmm_xmmm128, &SimdShuffle.UnpackHigh32);
        Xmm(table, Code.Unpcklpd_xmm_xmmm128, &SimdShuffle.UnpackLow64);
        Xmm(table, Code.Unpckhpd_xmm_xmmm128, &SimdShuffle.UnpackHigh64);
        Xmm(table, Code.Pshufb_xmm_xmmm128, &SimdShuffle.ShuffleBytes);
        Xmm(table, Code.Pblendvb_xmm_xmmm128, &SimdShuffle.BlendByMask8);
        Xmm(table, Code.Blendvps_xmm_xmmm128, &SimdShuffle.BlendByMask32);
        Xmm(table, Code.Blendvpd_xmm_xmmm128, &SimdShuffle.BlendByMask64);
        Xmm(table, Code.Movsldup_xmm_xmmm128, &SimdShuffle.DuplicateEven32);
        Xmm(table, Code.Movshdup_xmm_xmmm128, &SimdShuffle.DuplicateOdd32);
        Xmm(table, Code.Pshufd_xmm_xmmm128_imm8, &SimdShuffle.Shuffle32);
        Xmm(table, Code.Pshuflw_xmm_xmmm128_imm8, &SimdShuffle.ShuffleLow16);
        Xmm(table, Code.Pshufhw_xmm_xmmm128_imm8, &SimdShuffle.ShuffleHigh16);
        Xmm(table, Code.Shufps_xmm_xmmm128_imm8, &SimdShuffle.ShuffleSingle);
        Xmm(table, Code.Shufpd_xmm_xmmm128_imm8, &SimdShuffle.ShuffleDouble);
        Xmm(table, Code.Palignr_xmm_xmmm128_imm8, &SimdShuffle.Align);
        Xmm(table, Code.Pblendw_xmm_xmmm128_imm8, &SimdShuffle.Blend16);
        Xmm(table, Code.Blendps_xmm_xmmm128_imm8, &SimdShuffle.Blend32);
        Xmm(table, Code.Blendpd_xmm_xmmm128_imm8, &SimdShuffle.Blend64);
        Xmm(table, Code.Movddup_xmm_xmmm64, &SimdShuffle.DuplicateLow64);
    }

    static void RegisterWidening(SimdOperation* table)
    {
        Xmm(table, Code.Pmovsxbw_xmm_xmmm64, &SimdInteger.WidenS8To16);
        Xmm(table, Code.Pmovsxbd_xmm_xmmm32, &SimdInteger.WidenS8To32);
        Xmm(table, Code.Pmovsxbq_xmm_xmmm16, &SimdInteger.WidenS8To64);
        Xmm(table, Code.Pmovsxwd_xmm_xmmm64, &SimdInteger.WidenS16To32);
        Xmm(table, Code.Pmovsxwq_xmm_xmmm32, &SimdInteger.WidenS16To64);
        Xmm(table, Code.Pmovsxdq_xmm_xmmm64, &SimdInteger.WidenS32To64);
        Xmm(table, Code.Pmovzxbw_xmm_xmmm64, &SimdInteger.WidenU8To16);
        Xmm(table, Code.Pmovzxbd_xmm_xmmm32, &SimdInteger.WidenU8To32);
        Xmm(table, Code.Pmovzxbq_xmm_xmmm16, &SimdInteger.WidenU8To64);
        Xmm(table, Code.Pmovzxwd_xmm_xmmm64, &SimdInteger.WidenU16To32);
        Xmm(table, Code.Pmovzxwq_xmm_xmmm32, &SimdInteger.WidenU16To64);
        Xmm(table, Code.Pmovzxdq_xmm_xmmm64, &SimdInteger.WidenU32To64);
    }

    static void RegisterInserts(SimdOperation* table)
    {
        FromGpr(table, Code.Pinsrb_xmm_r32m8_imm8, &SimdShuffle.Insert8);
        FromGpr(table, Code.Pinsrb_xmm_r64m8_imm8, &SimdShuffle.Insert8);
        FromGpr(table, Code.Pinsrw_xmm_r32m16_imm8, &SimdShuffle.Insert16);
        FromGpr(table, Code.Pinsrw_xmm_r64m16_imm8, &SimdShuffle.Insert16);
        FromGpr(table, Code.Pinsrd_xmm_rm32_imm8, &SimdShuffle.Insert32);
        FromGpr(table, Code.Pinsrq_xmm_rm64_imm8, &SimdShuffle.Insert64);
        Xmm(table, Code.Insertps_xmm_xmmm32_imm8, &SimdShuffle.InsertSingle, &SimdShuffle.InsertSingleFromMemory);
        StoreGpr(table, Code.Pextrb_r32m8_xmm_imm8, &SimdShuffle.Extract8);
        StoreGpr(table, Code.Pextrb_r64m8_xmm_imm8, &SimdShuffle.Extract8);
        StoreGpr(table, Code.Pextrw_r32m16_xmm_imm8, &SimdShuffle.Extract16);
        StoreGpr(table, Code.Pextrw_r64m16_xmm_imm8, &SimdShuffle.Extract16);
        StoreGpr(table, Code.Pextrd_rm32_xmm_imm8, &SimdShuffle.Extract32);
        StoreGpr(table, Code.Pextrq_rm64_xmm_imm8, &SimdShuffle.Extract64);
        StoreGpr(table, Code.Extractps_rm32_xmm_imm8, &SimdShuffle.Extract32);
        StoreGpr(table, Code.Extractps_r64m32_xmm_imm8, &SimdShuffle.Extract32);
        ToGpr(table, Code.Pextrw_r32_xmm_imm8, &SimdShuffle.Extract16);
        ToGpr(table, Code.Pmovmskb_r32_xmm, &SimdShuffle.Mask8);
        ToGpr(table, Code.Movmskps_r32_xmm, &SimdShuffle.Mask32);
        ToGpr(table, Code.Movmskpd_r32_xmm, &SimdShuffle.Mask64);
        ToGpr(table, Code.Pextrw_r64_xmm_imm8, &SimdShuffle.Extract16);
        ToGpr(table, Code.Pmovmskb_r64_xmm, &SimdShuffle.Mask8);
        ToGpr(table, Code.Movmskps_r64_xmm, &SimdShuffle.Mask32);
        ToGpr(table, Code.Movmskpd_r64_xmm, &SimdShuffle.Mask64);
    }

    static void RegisterMoves(SimdOperation* table)
    {
        Copy(table, Code.Movaps_xmm_xmmm128, SimdShape.Xmm);
        Copy(table, Code.Movaps_xmmm128_xmm, SimdShape.Store);
        Copy(table, Code.Movapd_xmm_xmmm128, SimdShape.Xmm);
        Copy(table, Code.Movapd_xmmm128_xmm, SimdShape.Store);
        Copy(table, Code.Movdqa_xmm_xmmm128, SimdShape.Xmm);
        Copy(table, Code.Movdqa_xmmm128_xmm, SimdShape.Store);
        Unaligned(ref Copy(table, Code.Movups_xmm_xmmm128, SimdShape.Xmm));
        Unaligned(ref Copy(table, Code.Movups_xmmm128_xmm, SimdShape.Store));
        Unaligned(ref Copy(table, Code.Movupd_xmm_xmmm128, SimdShape.Xmm));
        Unaligned(ref Copy(table, Code.Movupd_xmmm128_xmm, SimdShape.Store));
        Unaligned(ref Copy(table, Code.Movdqu_xmm_xmmm128, SimdShape.Xmm));
        Unaligned(ref Copy(table, Code.Movdqu_xmmm128_xmm, SimdShape.Store));
        Unaligned(ref Copy(table, Code.Lddqu_xmm_m128, SimdShape.Xmm));
        Copy(table, Code.Movntdqa_xmm_m128, SimdShape.Xmm);
        Copy(table, Code.Movntps_m128_xmm, SimdShape.Store);
        Copy(table, Code.Movntpd_m128_xmm, SimdShape.Store);
        Copy(table, Code.Movntdq_m128_xmm, SimdShape.Store);
        Xmm(table, Code.Movss_xmm_xmmm32, &SimdShuffle.MoveLow32, &SimdShuffle.Move);
        Xmm(table, Code.Movsd_xmm_xmmm64, &SimdShuffle.MoveLow64, &SimdShuffle.Move);
        Store(table, Code.Movss_xmmm32_xmm, &SimdShuffle.MoveLow32, &SimdShuffle.Move);
        Store(table, Code.Movsd_xmmm64_xmm, &SimdShuffle.MoveLow64, &SimdShuffle.Move);
        Xmm(table, Code.Movq_xmm_xmmm64, &SimdShuffle.MoveQuad);
        Store(table, Code.Movq_xmmm64_xmm, &SimdShuffle.MoveQuad);
        Xmm(table, Code.Movlps_xmm_m64, &SimdShuffle.MoveLow64);
        Store(table, Code.Movlps_m64_xmm, &SimdShuffle.MoveQuad);
        Xmm(table, Code.Movlpd_xmm_m64, &SimdShuffle.MoveLow64);
        Store(table, Code.Movlpd_m64_xmm, &SimdShuffle.MoveQuad);
        Xmm(table, Code.Movhps_xmm_m64, &SimdShuffle.LowToHigh);
        Store(table, Code.Movhps_m64_xmm, &SimdShuffle.High);
        Xmm(table, Code.Movhpd_xmm_m64, &SimdShuffle.LowToHigh);
        Store(table, Code.Movhpd_m64_xmm, &SimdShuffle.High);
        Xmm(table, Code.Movlhps_xmm_xmm, &SimdShuffle.LowToHigh);
        Xmm(table, Code.Movhlps_xmm_xmm, &SimdShuffle.HighToLow);
        FromGpr(table, Code.Movd_xmm_rm32, &SimdShuffle.MoveDouble);
        FromGpr(table, Code.Movq_xmm_rm64, &SimdShuffle.MoveQuad);
        StoreGpr(table, Code.Movd_rm32_xmm, &SimdShuffle.MoveDouble);
        StoreGpr(table, Code.Movq_rm64_xmm, &SimdShuffle.MoveQuad);
    }

    static void RegisterArithmetic(SimdOperation* table)
    {
        Xmm(table, Code.Addps_xmm_xmmm128, &SimdArithmetic.AddPs);
        Xmm(table, Code.Addpd_xmm_xmmm128, &SimdArithmetic.AddPd);
        Xmm(table, Code.Addss_xmm_xmmm32, &SimdArithmetic.AddSs);
        Xmm(table, Code.Addsd_xmm_xmmm64, &SimdArithmetic.AddSd);
        Xmm(table, Code.Subps_xmm_xmmm128, &SimdArithmetic.SubPs);
        Xmm(table, Code.Subpd_xmm_xmmm128, &SimdArithmetic.SubPd);
        Xmm(table, Code.Subss_xmm_xmmm32, &SimdArithmetic.SubSs);
        Xmm(table, Code.Subsd_xmm_xmmm64, &SimdArithmetic.SubSd);
        Xmm(table, Code.Mulps_xmm_xmmm128, &SimdArithmetic.MulPs);
        Xmm(table, Code.Mulpd_xmm_xmmm128, &SimdArithmetic.MulPd);
        Xmm(table, Code.Mulss_xmm_xmmm32, &SimdArithmetic.MulSs);
        Xmm(table, Code.Mulsd_xmm_xmmm64, &SimdArithmetic.MulSd);
        Xmm(table, Code.Divps_xmm_xmmm128, &SimdArithmetic.DivPs);
        Xmm(table, Code.Divpd_xmm_xmmm128, &SimdArithmetic.DivPd);
        Xmm(table, Code.Divss_xmm_xmmm32, &SimdArithmetic.DivSs);
        Xmm(table, Code.Divsd_xmm_xmmm64, &SimdArithmetic.DivSd);
        Xmm(table, Code.Minps_xmm_xmmm128, &SimdArithmetic.MinPs);
        Xmm(table, Code.Minpd_xmm_xmmm128, &SimdArithmetic.MinPd);
        Xmm(table, Code.Minss_xmm_xmmm32, &SimdArithmetic.MinSs);
        Xmm(table, Code.Minsd_xmm_xmmm64, &SimdArithmetic.MinSd);
        Xmm(table, Code.Maxps_xmm_xmmm128, &SimdArithmetic.MaxPs);
        Xmm(table, Code.Maxpd_xmm_xmmm128, &SimdArithmetic.MaxPd);
        Xmm(table, Code.Maxss_xmm_xmmm32, &SimdArithmetic.MaxSs);
        Xmm(table, Code.Maxsd_xmm_xmmm64, &SimdArithmetic.MaxSd);
        Xmm(table, Code.Sqrtps_xmm_xmmm128, &SimdArithmetic.SqrtPs);
        Xmm(table, Code.Sqrtpd_xmm_xmmm128, &SimdArithmetic.SqrtPd);
        Xmm(table, Code.Sqrtss_xmm_xmmm32, &SimdArithmetic.SqrtSs);
        Xmm(table, Code.Sqrtsd_xmm_xmmm64, &SimdArithmetic.SqrtSd);
        Xmm(table, Code.Rcpps_xmm_xmmm128, &SimdArithmetic.RcpPs);
        Xmm(table, Code.Rcpss_xmm_xmmm32, &SimdArithmetic.RcpSs);
        Xmm(table, Code.Rsqrtps_xmm_xmmm128, &SimdArithmetic.RsqrtPs);
        Xmm(table, Code.Rsqrtss_xmm_xmmm32, &SimdArithmetic.RsqrtSs);
        Xmm(table, Code.Haddps_xmm_xmmm128, &SimdArithmetic.HAddPs);
        Xmm(table, Code.Hsubps_xmm_xmmm128, &SimdArithmetic.HSubPs);
        Xmm(table, Code.Addsubps_xmm_xmmm128, &SimdArithmetic.AddSubPs);
        Xmm(table, Code.Dpps_xmm_xmmm128_imm8, &SimdArithmetic.DotPs);
        Xmm(table, Code.Haddpd_xmm_xmmm128, &SimdArithmetic.HAddPd);
        Xmm(table, Code.Hsubpd_xmm_xmmm128, &SimdArithmetic.HSubPd);
        Xmm(table, Code.Addsubpd_xmm_xmmm128, &SimdArithmetic.AddSubPd);
        Xmm(table, Code.Dppd_xmm_xmmm128_imm8, &SimdArithmetic.DotPd);
    }

    static void RegisterCompares(SimdOperation* table)
    {
        Xmm(table, Code.Cmpps_xmm_xmmm128_imm8, &SimdArithmetic.ComparePs);
        Xmm(table, Code.Roundps_xmm_xmmm128_imm8, &SimdArithmetic.RoundPs);
        Xmm(table, Code.Cmppd_xmm_xmmm128_imm8, &SimdArithmetic.ComparePd);
        Xmm(table, Code.Roundpd_xmm_xmmm128_imm8, &SimdArithmetic.RoundPd);
        Xmm(table, Code.Cmpss_xmm_xmmm32_imm8, &SimdArithmetic.CompareSs);
        Xmm(table, Code.Roundss_xmm_xmmm32_imm8, &SimdArithmetic.RoundSs);
        Xmm(table, Code.Cmpsd_xmm_xmmm64_imm8, &SimdArithmetic.CompareSd);
        Xmm(table, Code.Roundsd_xmm_xmmm64_imm8, &SimdArithmetic.RoundSd);
        ToFlags(table, Code.Comiss_xmm_xmmm32, &SimdArithmetic.Comiss);
        ToFlags(table, Code.Comisd_xmm_xmmm64, &SimdArithmetic.Comisd);
        ToFlags(table, Code.Ucomiss_xmm_xmmm32, &SimdArithmetic.Ucomiss);
        ToFlags(table, Code.Ucomisd_xmm_xmmm64, &SimdArithmetic.Ucomisd);
        ToFlags(table, Code.Ptest_xmm_xmmm128, &SimdInteger.Test);
        Unaligned(ref Set(table, Code.Pcmpistri_xmm_xmmm128_imm8, SimdShape.StringIndex, &SimdStrings.ImplicitIndex));
        Unaligned(ref Set(table, Code.Pcmpestri_xmm_xmmm128_imm8, SimdShape.StringIndex, &SimdStrings.ExplicitIndex32));
        Unaligned(ref Set(table, Code.Pcmpestri64_xmm_xmmm128_imm8, SimdShape.StringIndex, &SimdStrings.ExplicitIndex64));
        Unaligned(ref Set(table, Code.Pcmpistrm_xmm_xmmm128_imm8, SimdShape.StringMask, &SimdStrings.ImplicitMaskVector));
        Unaligned(ref Set(table, Code.Pcmpestrm_xmm_xmmm128_imm8, SimdShape.StringMask, &SimdStrings.ExplicitMask32));
        Unaligned(ref Set(table, Code.Pcmpestrm64_xmm_xmmm128_imm8, SimdShape.StringMask, &SimdStrings.ExplicitMask64));
    }

    static void RegisterConversions(SimdOperation* table)
    {
        Xmm(table, Code.Cvtss2sd_xmm_xmmm32, &SimdConvert.SsToSd);
        Xmm(table, Code.Cvtsd2ss_xmm_xmmm64, &SimdConvert.SdToSs);
        Xmm(table, Code.Cvtps2pd_xmm_xmmm64, &SimdConvert.PsToPd);
        Xmm(table, Code.Cvtpd2ps_xmm_xmmm128, &SimdConvert.PdToPs);
        Xmm(table, Code.Cvtdq2ps_xmm_xmmm128, &SimdConvert.I32ToPs);
        Xmm(table, Code.Cvtdq2pd_xmm_xmmm64, &SimdConvert.I32ToPd);
        Xmm(table, Code.Cvtps2dq_xmm_xmmm128, &SimdConvert.PsToI32);
        Xmm(table, Code.Cvttps2dq_xmm_xmmm128, &SimdConvert.PsToI32Truncated);
        Xmm(table, Code.Cvtpd2dq_xmm_xmmm128, &SimdConvert.PdToI32);
        Xmm(table, Code.Cvttpd2dq_xmm_xmmm128, &SimdConvert.PdToI32Truncated);
        FromGpr(table, Code.Cvtsi2ss_xmm_rm32, &SimdConvert.I32ToSs);
        ToGpr(table, Code.Cvtss2si_r32_xmmm32, &SimdConvert.SsToI32);
        ToGpr(table, Code.Cvttss2si_r32_xmmm32, &SimdConvert.SsToI32Truncated);
        FromGpr(table, Code.Cvtsi2ss_xmm_rm64, &SimdConvert.I64ToSs);
        ToGpr(table, Code.Cvtss2si_r64_xmmm32, &SimdConvert.SsToI64);
        ToGpr(table, Code.Cvttss2si_r64_xmmm32, &SimdConvert.SsToI64Truncated);
        FromGpr(table, Code.Cvtsi2sd_xmm_rm32, &SimdConvert.I32ToSd);
        ToGpr(table, Code.Cvtsd2si_r32_xmmm64, &SimdConvert.SdToI32);
        ToGpr(table, Code.Cvttsd2si_r32_xmmm64, &SimdConvert.SdToI32Truncated);
        FromGpr(table, Code.Cvtsi2sd_xmm_rm64, &SimdConvert.I64ToSd);
        ToGpr(table, Code.Cvtsd2si_r64_xmmm64, &SimdConvert.SdToI64);
        ToGpr(table, Code.Cvttsd2si_r64_xmmm64, &SimdConvert.SdToI64Truncated);
    }

    static void RegisterGeneral(SimdOperation* table)
    {
        Between(table, Code.Crc32_r32_rm8, &SimdInteger.Crc8);
        Between(table, Code.Crc32_r64_rm8, &SimdInteger.Crc8);
        Between(table, Code.Crc32_r32_rm16, &SimdInteger.Crc16);
        Between(table, Code.Crc32_r32_rm32, &SimdInteger.Crc32);
        Between(table, Code.Crc32_r64_rm64, &SimdInteger.Crc64);
        Special(table, Code.Maskmovdqu_rDI_xmm_xmm, &SimdSpecial.MaskedStore);
    }
}
