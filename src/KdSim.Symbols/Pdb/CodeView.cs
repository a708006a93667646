namespace KdSim.Symbols.Pdb;

/// <summary>Numbers of CodeView type records (LF_*) and symbol records (S_*), as far as this library reads or writes them.</summary>
internal static class CodeView
{
    // Type records. The *_ST kinds of the 1990s (length-prefixed names) do not occur in MSF 7.00 files of x64.
    public const ushort LF_MODIFIER = 0x1001, LF_POINTER = 0x1002, LF_PROCEDURE = 0x1008, LF_MFUNCTION = 0x1009, LF_VTSHAPE = 0x000a;
    public const ushort LF_ARGLIST = 0x1201, LF_FIELDLIST = 0x1203, LF_BITFIELD = 0x1205, LF_METHODLIST = 0x1206;
    public const ushort LF_BCLASS = 0x1400, LF_VBCLASS = 0x1401, LF_IVBCLASS = 0x1402, LF_INDEX = 0x1404, LF_VFUNCTAB = 0x1409;
    public const ushort LF_ENUMERATE = 0x1502, LF_ARRAY = 0x1503, LF_CLASS = 0x1504, LF_STRUCTURE = 0x1505, LF_UNION = 0x1506;
    public const ushort LF_ENUM = 0x1507, LF_MEMBER = 0x150d, LF_STMEMBER = 0x150e, LF_METHOD = 0x150f, LF_NESTTYPE = 0x1510;
    public const ushort LF_ONEMETHOD = 0x1511, LF_INTERFACE = 0x1519;
    public const ushort LF_FUNC_ID = 0x1601, LF_MFUNC_ID = 0x1602;

    // Numeric leaves.
    public const ushort LF_NUMERIC = 0x8000, LF_CHAR = 0x8000, LF_SHORT = 0x8001, LF_USHORT = 0x8002, LF_LONG = 0x8003;
    public const ushort LF_ULONG = 0x8004, LF_QUADWORD = 0x8009, LF_UQUADWORD = 0x800a;
    public const byte LF_PAD0 = 0xf0;

    // Symbol records.
    public const ushort S_END = 0x0006, S_FRAMEPROC = 0x1012, S_OBJNAME = 0x1101, S_THUNK32 = 0x1102, S_BLOCK32 = 0x1103;
    public const ushort S_LABEL32 = 0x1105, S_CONSTANT = 0x1107, S_UDT = 0x1108, S_BPREL32 = 0x110b, S_LDATA32 = 0x110c;
    public const ushort S_GDATA32 = 0x110d, S_PUB32 = 0x110e, S_LPROC32 = 0x110f, S_GPROC32 = 0x1110, S_REGREL32 = 0x1111;
    public const ushort S_REGISTER = 0x1106, S_LTHREAD32 = 0x1112, S_GTHREAD32 = 0x1113, S_PROCREF = 0x1125, S_DATAREF = 0x1126;
    public const ushort S_LPROCREF = 0x1127, S_SEPCODE = 0x1132, S_LOCAL = 0x113e, S_DEFRANGE = 0x113f, S_DEFRANGE_SUBFIELD = 0x1140;
    public const ushort S_DEFRANGE_REGISTER = 0x1141, S_DEFRANGE_FRAMEPOINTER_REL = 0x1142, S_DEFRANGE_SUBFIELD_REGISTER = 0x1143;
    public const ushort S_DEFRANGE_FRAMEPOINTER_REL_FULL_SCOPE = 0x1144, S_DEFRANGE_REGISTER_REL = 0x1145;
    public const ushort S_LPROC32_ID = 0x1146, S_GPROC32_ID = 0x1147, S_COMPILE3 = 0x113c, S_INLINESITE = 0x114d, S_INLINESITE_END = 0x114e;
    public const ushort S_PROC_ID_END = 0x114f, S_LPROC32_DPC = 0x1155, S_LPROC32_DPC_ID = 0x1156, S_INLINESITE2 = 0x115d;

    public const uint FirstTypeIndex = 0x1000;
    public const ushort ForwardReference = 0x80, Scoped = 0x100, HasUniqueName = 0x200;
    public const uint C13Signature = 4;
}
