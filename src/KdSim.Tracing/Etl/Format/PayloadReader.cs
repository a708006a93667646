using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KdSim.Tracing.Etl.Format;

/// <summary>What <see cref="PayloadReader.MoveNext"/> has come to.</summary>
public enum PayloadToken : byte
{
    /// <summary>A value, or an array of numbers of the same size (see <see cref="PayloadReader.Count"/>).</summary>
    Value,
    BeginStruct,
    EndStruct,

    /// <summary>Strings or structs follow, one token or group of tokens each.</summary>
    BeginArray,
    EndArray,
}

/// <summary>
/// Walks through a payload as its template says, without allocation: a value is a span of the payload. A payload that ends too early ends
/// the walk (<see cref="IsTruncated"/>); what stands behind the last field is <see cref="Rest"/>.
/// </summary>
public ref struct PayloadReader
{
    const int MostDepth = 8;

    /// <summary>Nested arrays of empty structs would go on for ever: no real event comes near this.</summary>
    const int MostTokens = 1 << 18;

    readonly ReadOnlySpan<byte> _payload;
    readonly int _pointerSize;
    ImmutableArray<PayloadField> _fields;
    int _next;
    int _position;
    int _depth;
    int _tokens;

    /// <summary>Elements still to come of the array that <see cref="_field"/> is, if the reader stands in one; -1: as many as there are bytes for.</summary>
    int _remaining;
    bool _inArray;
    PayloadField _field;
    ReadOnlySpan<byte> _value;
    Slots _slots;
    Frames _frames;

    public PayloadReader(PayloadTemplate template, ReadOnlySpan<byte> payload, int pointerSize)
    {
        _payload = payload;
        _pointerSize = pointerSize;
        _fields = template.Fields;
        _field = null!;
    }

    public PayloadToken Token { get; private set; }

    /// <summary>The field that the token is of.</summary>
    public readonly PayloadField Field => _field;

    /// <summary>The bytes of the value: of strings, without terminator and count.</summary>
    public readonly ReadOnlySpan<byte> Value => _value;

    /// <summary>The number of elements in <see cref="Value"/>; 1 unless the field is an array.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of one element of <see cref="Value"/>.</summary>
    public int ElementSize { get; private set; }

    public readonly int Depth => _depth;

    /// <summary>The value is not part of an array of values of one size.</summary>
    public readonly bool IsSingle => Count == 1 && ElementSize == _value.Length;

    /// <summary>The bytes of one element.</summary>
    public readonly ReadOnlySpan<byte> ElementAt(int element) => _value.Slice(element * ElementSize, ElementSize);

    /// <summary>The payload ended before the template did, or held an impossible count.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _payload[_position..];

    /// <summary>Where the next value begins.</summary>
    public readonly int Position => _position;

    public bool MoveNext()
    {
        if (++_tokens > MostTokens) return Truncated();
        if (_inArray) return NextElement();
        if (_next >= _fields.Length) return _depth > 0 && EndOfLevel();
        _field = _fields[_next++];
        if (!_field.IsArray) return Begin();
        if (!TryCount(out int count)) return Truncated();
        int size = _field.SizeOf(_pointerSize);
        if (size > 0) return Numbers(count, size);
        _inArray = true;
        _remaining = count;
        Token = PayloadToken.BeginArray;
        Count = count;
        _value = default;
        return true;
    }

    /// <summary>An array of values of one size: a single token.</summary>
    bool Numbers(int count, int size)
    {
        int available = (_payload.Length - _position) / size;
        if (count < 0) count = available;
        if (count > available) return Truncated();
        Take(count * size, 0);
        Count = count;
        ElementSize = size;
        return true;
    }

    bool NextElement()
    {
        bool done = _remaining < 0 ? _position >= _payload.Length : _remaining == 0;
        if (done)
        {
            _inArray = false;
            Token = PayloadToken.EndArray;
            return true;
        }
        if (_remaining > 0) _remaining--;
        return Begin();
    }

    /// <summary>One value of the field.</summary>
    bool Begin()
    {
        if (_field.Type == WireType.Struct) return BeginStruct();
        int size = _field.SizeOf(_pointerSize);
        if (size > 0)
        {
            if (size > _payload.Length - _position) return Truncated();
            Take(size, 0);
            if (_field.Slot >= 0) _slots[_field.Slot] = (long)UInt64;
            return true;
        }
        return _field.Type switch
        {
            WireType.UnicodeString => TakeString(2),
            WireType.AnsiString => TakeString(1),
            WireType.CountedUnicodeString or WireType.CountedAnsiString or WireType.CountedBinary => TakeCounted(),
            WireType.Binary => TryLength(out int length) ? TakeLength(length) : Truncated(),
            WireType.Sid => TakeSid(0),
            WireType.TokenUser => TakeTokenUser(),
            _ => Truncated(),
        };
    }

    bool BeginStruct()
    {
        if (_depth == MostDepth) return Truncated();
        _frames[_depth++] = new Frame(_fields, _next, _remaining, _inArray, _field);
        _fields = _field.Members;
        _next = 0;
        _inArray = false;
        Token = PayloadToken.BeginStruct;
        _value = default;
        return true;
    }

    bool EndOfLevel()
    {
        Frame frame = _frames[--_depth];
        (_fields, _next, _remaining, _inArray, _field) = (frame.Fields, frame.Next, frame.Remaining, frame.InArray, frame.Field);
        Token = PayloadToken.EndStruct;
        _value = default;
        return true;
    }

    bool TakeString(int width)
    {
        if (_field.Length.Kind != ExtentKind.None)
            return TryLength(out int length) && length <= int.MaxValue / width ? TakeLength(length < 0 ? length : length * width) : Truncated();
        ReadOnlySpan<byte> rest = Rest;
        int characters = width == 2
            ? MemoryMarshal.Cast<byte, char>(rest).IndexOf('\0')
            : rest.IndexOf((byte)0);
        // The last string of a payload may lack its NUL.
        if (characters < 0) return TakeLength(rest.Length / width * width);
        Take(characters * width, width);
        return true;
    }

    bool TakeCounted()
    {
        if (_payload.Length - _position < 2) return Truncated();
        int length = BinaryPrimitives.ReadUInt16LittleEndian(Rest);
        _position += 2;
        return TakeLength(length);
    }

    bool TakeSid(int prefix)
    {
        ReadOnlySpan<byte> rest = Rest;
        if (rest.Length < prefix + 8) return Truncated();
        int length = 8 + 4 * rest[prefix + 1];
        if (rest.Length < prefix + length) return Truncated();
        _position += prefix;
        Take(length, 0);
        return true;
    }

    bool TakeTokenUser()
    {
        ReadOnlySpan<byte> rest = Rest;
        if (rest.Length < 4) return Truncated();
        if (BinaryPrimitives.ReadUInt32LittleEndian(rest) != 0 || IsSidBehindNothing(rest)) return TakeSid(2 * _pointerSize);
        _position += 4;
        Take(0, 0);
        return true;
    }

    /// <summary>Some writers clear the pointers of the TOKEN_USER: a SID of the NT authority may stand behind zeros.</summary>
    readonly bool IsSidBehindNothing(ReadOnlySpan<byte> rest)
    {
        int pointers = 2 * _pointerSize;
        return rest.Length >= pointers + 8 && rest[..pointers].IndexOfAnyExcept((byte)0) < 0
            && rest[pointers] == 1 && rest[pointers + 1] is > 0 and < 16 && rest.Slice(pointers + 2, 5).IndexOfAnyExcept((byte)0) < 0;
    }

    bool TakeLength(int length)
    {
        if (length < 0) length = _payload.Length - _position;
        if (length > _payload.Length - _position) return Truncated();
        Take(length, 0);
        return true;
    }

    void Take(int length, int terminator)
    {
        _value = _payload.Slice(_position, length);
        _position += length + terminator;
        Token = PayloadToken.Value;
        Count = 1;
        ElementSize = length;
    }

    bool Truncated()
    {
        IsTruncated = true;
        _fields = [];
        _next = _depth = 0;
        _inArray = false;
        return false;
    }

    bool TryCount(out int count) => TryExtent(_field.Count, out count);

    bool TryLength(out int length) => TryExtent(_field.Length, out length);

    /// <summary>-1: up to the end of the payload.</summary>
    bool TryExtent(Extent extent, out int number)
    {
        number = -1;
        switch (extent.Kind)
        {
            case ExtentKind.Fixed:
                number = extent.Value;
                return true;
            case ExtentKind.Slot:
                long remembered = _slots[extent.Value];
                number = (int)remembered;
                return remembered is >= 0 and <= ushort.MaxValue;
            case ExtentKind.Prefix:
                if (_payload.Length - _position < 2) return false;
                number = BinaryPrimitives.ReadUInt16LittleEndian(Rest);
                _position += 2;
                return true;
            default:
                return true;
        }
    }

    public readonly uint UInt32 => (uint)UInt64;

    public readonly int Int32 => (int)Int64;

    /// <summary>The number, not sign-extended; 0 for what is none.</summary>
    public readonly ulong UInt64 => UInt64At(0);

    /// <summary>The number, sign-extended if its type is signed.</summary>
    public readonly long Int64 => Int64At(0);

    public readonly ulong UInt64At(int element)
    {
        ReadOnlySpan<byte> bytes = _value[(element * ElementSize)..];
        return ElementSize switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            _ => 0,
        };
    }

    public readonly long Int64At(int element)
    {
        ulong bits = UInt64At(element);
        return _field.Type switch
        {
            WireType.Int8 => (sbyte)bits,
            WireType.Int16 => (short)bits,
            WireType.Int32 => (int)bits,
            _ => (long)bits,
        };
    }

    public readonly double DoubleAt(int element) => _field.Type == WireType.Float
        ? BitConverter.UInt32BitsToSingle((uint)UInt64At(element))
        : BitConverter.UInt64BitsToDouble(UInt64At(element));

    public readonly Guid GuidAt(int element) => new(_value.Slice(element * 16, 16));

    /// <summary>The text of a UTF-16 string, up to its first NUL.</summary>
    public readonly ReadOnlySpan<char> Chars
    {
        get
        {
            ReadOnlySpan<char> chars = MemoryMarshal.Cast<byte, char>(_value);
            int end = chars.IndexOf('\0');
            return end < 0 ? chars : chars[..end];
        }
    }

    /// <summary>The bytes of a string of bytes, up to its first NUL.</summary>
    public readonly ReadOnlySpan<byte> Text
    {
        get
        {
            int end = _value.IndexOf((byte)0);
            return end < 0 ? _value : _value[..end];
        }
    }

    readonly record struct Frame(ImmutableArray<PayloadField> Fields, int Next, int Remaining, bool InArray, PayloadField Field);

    [InlineArray(MostDepth)]
    struct Frames
    {
        Frame _first;
    }

    [InlineArray(PayloadTemplate.MostSlots)]
    struct Slots
    {
        long _first;
    }
}
