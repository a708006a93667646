using System.Numerics;
using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Interop;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Scripting;

/// <summary>
/// The JavaScript engine of one script, with the prelude that makes <c>host</c>. Scripts see no .NET object: everything that crosses is a
/// number, a string, a 64-bit value of the prelude's, or a <see cref="NativeObject"/>.
/// </summary>
sealed class ScriptRuntime
{
    static readonly Prepared<Acornima.Ast.Script> Prelude = Engine.PrepareScript(ReadPrelude(), "host");

    readonly ObjectInstance _prelude;

    public ScriptRuntime(DebuggerSession session, JavaScriptLimits limits)
    {
        Session = session;
        Engine = new Engine(options => options
            .LimitMemory(limits.Memory).MaxStatements(limits.Statements).TimeoutInterval(limits.Time).LimitRecursion(limits.Recursion)
            .CatchClrExceptions(problem => problem is CommandException)
            .Constraint(new CancellationCheck(() => session.Cancellation)));
        JsObject native = new(Engine);
        new NativeFunctions(this).AddTo(native);
        _prelude = Engine.Call(Engine.Evaluate(Prelude), native).AsObject();
        Engine.SetValue("host", _prelude.Get("host"));
    }

    public DebuggerSession Session { get; }
    public Engine Engine { get; }

    /// <summary>What the script added to types: by the type's name, an object with getters and methods. Null while it added nothing.</summary>
    public ObjectInstance? Signatures { get; private set; }

    /// <summary>Applies what initializeScript returned; gives its function aliases.</summary>
    public IEnumerable<(string Name, JsValue Call)> Register(JsValue result)
    {
        JsArray aliases = Engine.Call(_prelude.Get("register"), result).AsArray();
        if (_prelude.Get("signatures").AsObject() is { } signatures && signatures.GetOwnProperties().Any())
            Signatures = signatures;
        return aliases.Select(a => a.AsObject()).Select(a => (a.Get("name").AsString(), a.Get("call"))).ToList();
    }

    public JsValue Function(string name, int length, Func<JsValue[], JsValue> body) => new ClrFunction(Engine, name, (_, arguments) => body(arguments), length);

    /// <summary>A 64-bit value as scripts see it.</summary>
    public JsValue Int64(ulong value) => Engine.Call(_prelude.Get("makeInt64"), new JsBigInt(value));

    /// <summary>A place in memory, as <c>targetLocation</c> gives it.</summary>
    public JsValue Location(ulong address) => Engine.Call(_prelude.Get("makeLocation"), Int64(address));

    /// <summary>A value as 64 bits: numbers, BigInt, Int64, locations, pointers, text of a number.</summary>
    public ulong ToUInt64(JsValue value) => (ulong)(BigInteger)Engine.Call(_prelude.Get("toBig"), value).ToObject()!;

    /// <summary>Small integers are numbers; 64-bit ones keep all their bits; pointers, structures and arrays are native objects.</summary>
    public JsValue ToScript(TypedValue value, string module) => value.Type.Kind switch
    {
        TypeKind.Pointer or TypeKind.Structure or TypeKind.Union or TypeKind.Array => new NativeObject(this, value, module),
        TypeKind.Boolean => value.Bits != 0,
        TypeKind.Float => value.Type.Size == 4 ? BitConverter.UInt32BitsToSingle((uint)value.Bits) : BitConverter.UInt64BitsToDouble(value.Bits),
        TypeKind.Function => Int64(value.Bits),
        _ when value.Type.Size == 8 && value.BitLength is 0 or > 32 => Int64(value.Bits),
        _ => (double)value.Signed,
    };

    /// <summary>A type by its name in a module; stars make pointers.</summary>
    public TypeInfo FindType(string module, string name)
    {
        string bare = name.Trim();
        int stars = 0;
        for (; bare.EndsWith('*'); bare = bare[..^1].TrimEnd())
            stars++;
        foreach (string word in (ReadOnlySpan<string>)["struct ", "union ", "enum "])
            if (bare.StartsWith(word, StringComparison.Ordinal))
                bare = bare[word.Length..];
        TypeInfo type = Session.Types.Find($"{module}!{bare}") ?? BasicTypes.Find(bare) ??
            throw new CommandException($"Unable to find type '{bare}' in module '{module}'");
        for (; stars > 0; stars--)
            type = BasicTypes.PointerTo(type);
        return type;
    }

    static string ReadPrelude()
    {
        using Stream stream = typeof(ScriptRuntime).Assembly.GetManifestResourceStream("KdSim.Debugger.Scripting.Prelude.js")!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
