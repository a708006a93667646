namespace KdSim.Symbols.Pdb;

/// <summary>
/// Turns the records of local variables into <see cref="PdbLocal"/>s, with the place each has at one address. S_LOCAL gets its place
/// from the S_DEFRANGE_* records behind it; older kinds hold it themselves.
/// </summary>
internal sealed class LocalReader(DbiStream dbi, TypeTable types, uint rva, List<PdbLocal> locals, int parameterCount)
{
    const ushort IsParameter = 1;

    ushort _localBase = PdbRegister.Rsp;
    ushort _parameterBase = PdbRegister.Rsp;
    (string Name, uint Type, ushort Flags)? _open;
    PdbLocation? _place;
    readonly List<(uint Offset, PdbLocation Location)> _pieces = [];
    int _oldStyle;

    /// <summary>Set while inside an inlined call.</summary>
    public string? InlinedFunction { get; set; }

    public void Flush()
    {
        if (_open is { } local)
        {
            var place = _place ?? (_pieces.Count > 0 ? new PdbLocation.Pieces([.. _pieces]) : null);
            locals.Add(new(local.Name, types.Get(local.Type), (local.Flags & IsParameter) != 0, place, InlinedFunction));
        }
        _open = null;
        _place = null;
        _pieces.Clear();
    }

    public void Read(ushort kind, ref PdbCursor body)
    {
        if (kind is >= CodeView.S_DEFRANGE and <= CodeView.S_DEFRANGE_REGISTER_REL)
        {
            if (_open is not null)
                ReadRange(kind, ref body);
            return;
        }
        Flush();
        switch (kind)
        {
            case CodeView.S_FRAMEPROC:
                body.Skip(22);
                uint flags = body.UInt32();
                _localBase = FrameRegister((flags >> 14) & 3);
                _parameterBase = FrameRegister((flags >> 16) & 3);
                break;
            case CodeView.S_LOCAL:
                uint type = body.UInt32();
                ushort localFlags = body.UInt16();
                _open = (body.Text(), type, localFlags);
                break;
            case CodeView.S_REGREL32:
                int offset = body.Int32();
                uint relativeType = body.UInt32();
                var register = new PdbRegister(body.UInt16());
                AddOld(body.Text(), relativeType, new PdbLocation.RegisterRelative(register, offset));
                break;
            case CodeView.S_BPREL32:
                int frameOffset = body.Int32();
                uint frameType = body.UInt32();
                AddOld(body.Text(), frameType, new PdbLocation.RegisterRelative(new(_localBase), frameOffset));
                break;
            case CodeView.S_REGISTER:
                uint registerType = body.UInt32();
                var home = new PdbRegister(body.UInt16());
                AddOld(body.Text(), registerType, new PdbLocation.Register(home));
                break;
            case CodeView.S_LDATA32 or CodeView.S_GDATA32:
                uint dataType = body.UInt32(), dataOffset = body.UInt32();
                if (dbi.Rva(body.UInt16(), dataOffset) is { } address)
                    locals.Add(new(body.Text(), types.Get(dataType), false, new PdbLocation.Static(address), InlinedFunction));
                break;
        }
    }

    /// <summary>Old kinds do not say what is a parameter: compilers write the parameters first.</summary>
    void AddOld(string name, uint type, PdbLocation place) =>
        locals.Add(new(name, types.Get(type), InlinedFunction is null && _oldStyle++ < parameterCount, place, InlinedFunction));

    static ushort FrameRegister(uint encoded) => encoded switch
    {
        2 => PdbRegister.Rbp,
        3 => PdbRegister.R13,
        _ => PdbRegister.Rsp,
    };

    ushort FrameBase => (_open!.Value.Flags & IsParameter) != 0 ? _parameterBase : _localBase;

    void ReadRange(ushort kind, ref PdbCursor body)
    {
        switch (kind)
        {
            case CodeView.S_DEFRANGE_REGISTER:
                var register = new PdbRegister(body.UInt16());
                body.Skip(2);
                if (InRange(ref body))
                    _place = new PdbLocation.Register(register);
                break;
            case CodeView.S_DEFRANGE_SUBFIELD_REGISTER:
                var part = new PdbRegister(body.UInt16());
                body.Skip(2);
                uint within = body.UInt32() & 0xfff;
                if (InRange(ref body))
                    _pieces.Add((within, new PdbLocation.Register(part)));
                break;
            case CodeView.S_DEFRANGE_FRAMEPOINTER_REL:
                int offset = body.Int32();
                if (InRange(ref body))
                    _place = new PdbLocation.RegisterRelative(new(FrameBase), offset);
                break;
            case CodeView.S_DEFRANGE_FRAMEPOINTER_REL_FULL_SCOPE:
                _place = new PdbLocation.RegisterRelative(new(FrameBase), body.Int32());
                break;
            case CodeView.S_DEFRANGE_REGISTER_REL:
                var baseRegister = new PdbRegister(body.UInt16());
                ushort flags = body.UInt16();
                int displacement = body.Int32();
                if (!InRange(ref body))
                    break;
                var place = new PdbLocation.RegisterRelative(baseRegister, displacement);
                if ((flags & 1) != 0) // A spilled member of a larger variable.
                    _pieces.Add(((uint)flags >> 4, place));
                else
                    _place = place;
                break;
        }
    }

    /// <summary>Whether the address lies in the range at the cursor and in none of its gaps.</summary>
    bool InRange(ref PdbCursor body)
    {
        uint offset = body.UInt32();
        uint? start = dbi.Rva(body.UInt16(), offset);
        ushort length = body.UInt16();
        if (start is not { } first || rva < first || rva - first >= length)
            return false;
        while (body.Left >= 4)
        {
            ushort gap = body.UInt16(), gapLength = body.UInt16();
            if (rva - first >= gap && rva - first - gap < gapLength)
                return false;
        }
        return true;
    }
}
