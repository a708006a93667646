using System.Buffers.Binary;
using System.Text;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Inspection;
using KdSim.Debugger.Modules;
using KdSim.Debugger.Sessions;
using KdSim.Debugger.Stacks;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Output;
using KdSim.Debugging.Structures;
using KdSim.Debugging.Targets;

namespace KdSim.Debugger.Scripting;

/// <summary>The functions that the prelude is built over. Wrong arguments and unreadable memory are errors that a script can catch.</summary>
sealed class NativeFunctions(ScriptRuntime runtime)
{
    const int MostValues = 16 << 20;
    const int LongestString = 1 << 20;
    const int MostFrames = 256;

    DebuggerSession Session => runtime.Session;

    public void AddTo(ObjectInstance native)
    {
        void Add(string name, int length, Func<JsValue[], JsValue> body) => native.Set(name, runtime.Function(name, length, body));
        Add("addressOf", 1, a => a[0] is NativeObject { Value: var value } ? new JsBigInt(
            value.Type.Kind == TypeKind.Pointer ? value.Bits : value.Address ?? value.Bits) : JsValue.Undefined);
        Add("log", 1, a => Said(a[0].AsString()));
        Add("run", 1, a => Lines(Run(a[0].AsString())));
        Add("register", 1, a => Register(a[0].AsString()));
        Add("currentThread", 0, _ => runtime.Int64(Session.CurrentThread));
        Add("currentProcess", 0, _ => runtime.Int64(Session.CurrentProcess));
        Add("description", 0, _ => Session.Target.Description);
        Add("attributes", 0, _ => Attributes());
        Add("frames", 0, _ => Array(Session.Walker.Walk(MostFrames).Select(Frame)));
        Add("modules", 0, _ => Array(Session.Modules.Loaded.Select(Module)));
        Add("symbolAddress", 2, a => Session.Symbols.TryGetAddress($"{a[0]}!{a[1]}", out ulong address) ? runtime.Int64(address) : JsValue.Null);
        Add("symbol", 3, a => Symbol(a[0].AsString(), a[1].AsString(), a[2].IsString() ? a[2].AsString() : null));
        Add("offset", 3, a => new JsBigInt(Session.Types[$"{a[0]}!{a[1]}"].OffsetOf(a[2].AsString())));
        Add("type", 2, a => TypeObjects.Make(runtime, runtime.FindType(a[0].AsString(), a[1].AsString()), a[0].AsString()));
        Add("typed", 3, a => Typed(runtime.ToUInt64(a[0]), a[1].AsString(), a[2].AsString()));
        Add("pointer", 2, a => Pointer(runtime.ToUInt64(a[0]), a[1].AsString()));
        Add("evaluate", 1, a => runtime.ToScript(Session.Cpp.Evaluate(a[0].AsString()), "nt"));
        Add("readValues", 4, a => ReadValues(runtime.ToUInt64(a[0]), a[1].AsNumber(), Size(a[2]), a[3].IsBoolean() && a[3].AsBoolean()));
        Add("writeValues", 3, a => WriteValues(runtime.ToUInt64(a[0]), a[1].AsArray(), Size(a[2])));
        Add("readString", 2, a => ReadString(runtime.ToUInt64(a[0]), (int)a[1].AsNumber(), 1));
        Add("readWideString", 2, a => ReadString(runtime.ToUInt64(a[0]), (int)a[1].AsNumber(), 2));
        Add("disassemble", 1, a => Disassemble(runtime.ToUInt64(a[0])));
    }

    JsArray Array(IEnumerable<JsValue> items) => new(runtime.Engine, [.. items]);

    JsArray Lines(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        return Array(lines.Take(lines[^1].Length == 0 ? lines.Length - 1 : lines.Length).Select(l => (JsValue)l));
    }

    JsObject Object(params ReadOnlySpan<(string Name, JsValue Value)> properties)
    {
        JsObject made = new(runtime.Engine);
        foreach ((string name, JsValue value) in properties)
            made.Set(name, value);
        return made;
    }

    JsValue Said(string text)
    {
        Session.Emit(new Text(text));
        return JsValue.Undefined;
    }

    /// <summary>A command's output; what it complains of is output too, as in WinDbg.</summary>
    string Run(string command)
    {
        string complaint = "";
        string output = Session.Capture(() =>
        {
            try
            {
                Session.RunNested(command);
            }
            catch (CommandException problem)
            {
                complaint = problem.Message + "\n";
            }
        });
        return output + complaint;
    }

    JsValue Register(string name) => Session.Expressions.TryRegister(name, out ulong value)
        ? Registers.WidthOf(name) is > 0 and <= 32 ? (double)value : runtime.Int64(value) : JsValue.Undefined;

    JsObject Attributes()
    {
        ITarget target = Session.Target;
        bool live = target.Capability<IRunControl>() is not null;
        return Object(
            ("Machine", Object(("PointerSize", 8), ("PageSize", 4096), ("NumberProcessors", target.ProcessorCount), ("Abbrev", "x64"), ("FullName", "x64"))),
            ("Target", Object(("IsKernelTarget", true), ("IsUserTarget", false), ("IsLiveTarget", live), ("IsDumpTarget", !live), ("IsTTDTarget", false))));
    }

    JsValue Frame(StackFrame frame) => Object(
        ("FrameNumber", frame.Number), ("__text", Session.SymbolAt(frame.Ip)),
        ("Attributes", Object(("FrameNumber", frame.Number), ("InstructionOffset", runtime.Int64(frame.Ip)),
            ("ReturnOffset", runtime.Int64(frame.ReturnAddress)), ("StackOffset", runtime.Int64(frame.Sp)))));

    JsValue Module(DebuggedModule module) =>
        Object(("Name", module.Image.ImageName), ("BaseAddress", runtime.Int64(module.Base)), ("Size", runtime.Int64(module.Image.Size)));

    JsValue Symbol(string module, string name, string? type)
    {
        if (!Session.Symbols.TryGetAddress($"{module}!{name}", out ulong address))
            throw new CommandException($"Unable to find symbol '{name}' in module '{module}'");
        TypeInfo? own = Session.Modules.Named(module)?.Symbols.Find(name)?.Type;
        return type is not null ? Typed(address, module, type)
            : own is { Size: > 0 } ? runtime.ToScript(Session.Cpp.Load(own, address), module) : runtime.Int64(address);
    }

    JsValue Typed(ulong address, string module, string type)
    {
        TypeInfo found = runtime.FindType(module, type);
        return found.Size == 0 ? throw new CommandException($"The type '{type}' has no size") : runtime.ToScript(Session.Cpp.Load(found, address), module);
    }

    JsValue Pointer(ulong address, string qualified)
    {
        string[] parts = qualified.Split('!', 2);
        return new NativeObject(runtime, new TypedValue(BasicTypes.PointerTo(runtime.FindType(parts[0], parts[1])), address), parts[0]);
    }

    static int Size(JsValue value) => value.AsNumber() is 1 or 2 or 4 or 8 ? (int)value.AsNumber()
        : throw new CommandException($"An element has 1, 2, 4 or 8 bytes, not {value}");

    JsValue ReadValues(ulong address, double count, int size, bool signed)
    {
        if (count is not (>= 0 and <= MostValues) || count != Math.Floor(count))
            throw new CommandException($"readMemoryValues: {count} elements cannot be read at once");
        byte[] bytes = new byte[(int)count * size];
        int length = Session.Read(address, bytes);
        if (length < bytes.Length)
            throw new CommandException($"Unable to read target memory at '0x{address + (ulong)length:x}' in method 'readMemoryValues'");
        return Array(Enumerable.Range(0, (int)count).Select(i => Element(bytes.AsSpan(i * size, size), signed)));
    }

    JsValue Element(ReadOnlySpan<byte> bytes, bool signed) => (bytes.Length, signed) switch
    {
        (1, false) => (int)bytes[0],
        (1, true) => (int)(sbyte)bytes[0],
        (2, false) => (int)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (2, true) => (int)BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        _ => runtime.Int64(BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
    };

    JsValue WriteValues(ulong address, JsArray values, int size)
    {
        byte[] bytes = new byte[values.Length * (uint)size];
        Span<byte> one = stackalloc byte[8];
        for (uint i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(one, runtime.ToUInt64(values[i]));
            one[..size].CopyTo(bytes.AsSpan((int)i * size));
        }
        Session.Write(address, bytes);
        return JsValue.Undefined;
    }

    /// <summary>Up to the terminating NUL, or of a length in characters.</summary>
    JsValue ReadString(ulong address, int length, int width)
    {
        StringBuilder text = new();
        byte[] chunk = new byte[256];
        while (text.Length < (length >= 0 ? length : LongestString))
        {
            // Not across a page: what follows the string may not be there.
            int want = (int)Math.Min((ulong)chunk.Length, 0x1000 - (address & 0xfff));
            int read = Session.Read(address, chunk.AsSpan(0, want)) / width * width;
            if (read == 0)
                throw new CommandException($"Unable to read target memory at '0x{address:x}' in method '{(width == 1 ? "readString" : "readWideString")}'");
            for (int i = 0; i < read; i += width)
            {
                char c = width == 1 ? (char)chunk[i] : (char)BinaryPrimitives.ReadUInt16LittleEndian(chunk.AsSpan(i));
                if (text.Length == length || c == 0)
                    return text.ToString();
                text.Append(c);
            }
            address += (ulong)read;
        }
        return text.ToString();
    }

    JsValue Disassemble(ulong address)
    {
        if (!Disassembler.TryDecode(Session, address, out _, out _))
            return JsValue.Null;
        string row = Disassembler.Row(Session, address, out int length);
        // Address, bytes, mnemonic and operands: the text of an instruction begins where the second blank run ends.
        string text = string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(2));
        return Object(("length", length), ("text", text));
    }
}
