using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KdSim.Tracing.Etl.Format;

namespace KdSim.Tracing.Etl.Writing;

/// <summary>
/// Writes payloads by their declaration, value by value: for events that are rare. Frequent ones are packed structs (<see cref="IKernelPayload"/>).
/// </summary>
public static class TemplateEncoder
{
    const int PointerSize = 8;

    /// <summary>The payload of these values, one a declared field; a counted string's length stands before it as a field of its own.</summary>
    /// <exception cref="ArgumentException">The number of values is not that of the fields, or one does not fit its field.</exception>
    public static byte[] Encode(PayloadTemplate template, params ReadOnlySpan<object> values)
    {
        if (values.Length != template.Fields.Length)
            throw new ArgumentException($"{values.Length} values for {template.Fields.Length} fields", nameof(values));
        var bytes = new List<byte>();
        for (int i = 0; i < values.Length; i++) Append(bytes, template.Fields[i], values[i]);
        return [.. bytes];
    }

    static void Append(List<byte> bytes, PayloadField field, object value)
    {
        switch (field.Type)
        {
            case WireType.UnicodeString:
                AppendText(bytes, Encoding.Unicode, field, (string)value, terminator: 2);
                break;
            case WireType.AnsiString:
                AppendText(bytes, Encoding.UTF8, field, (string)value, terminator: 1);
                break;
            case WireType.Guid:
                bytes.AddRange(((Guid)value).ToByteArray());
                break;
            case WireType.Binary or WireType.SystemTime or WireType.TokenUser:
                bytes.AddRange((byte[])value);
                break;
            default:
                int size = field.SizeOf(PointerSize);
                if (size is not (1 or 2 or 4 or 8)) throw new ArgumentException($"{field.Name}: {field.Type} cannot be written");
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(
                    number, value is ulong unsigned ? (long)unsigned : Convert.ToInt64(value, CultureInfo.InvariantCulture));
                bytes.AddRange(number[..size]);
                break;
        }
    }

    static void AppendText(List<byte> bytes, Encoding encoding, PayloadField field, string text, int terminator)
    {
        byte[] encoded = encoding.GetBytes(text);
        int room = field.Length.Kind == ExtentKind.Fixed ? field.SizeOf(PointerSize) : 0;
        if (room != 0 && encoded.Length > room) throw new ArgumentException($"{field.Name}: '{text}' is longer than {field.Length.Value} characters");
        bytes.AddRange(encoded);
        if (room != 0) bytes.AddRange(new byte[room - encoded.Length]);
        else if (field.Length.Kind == ExtentKind.None) bytes.AddRange(new byte[terminator]);
    }
}
