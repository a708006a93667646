using Jint;
using Jint.Native;
using Jint.Native.Object;
using Jint.Native.Symbol;
using Jint.Runtime;
using Jint.Runtime.Descriptors;
using KdSim.Debugger.Expressions;
using KdSim.Debugger.Inspection;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Scripting;

/// <summary>
/// A typed object of the target in a script. A property is, in this order: what the debugger puts there (<c>targetLocation</c>,
/// <c>address</c>...), what a script added to the type, a field; a pointer's fields are those of what it points to. Read only.
/// </summary>
sealed class NativeObject : ObjectInstance
{
    readonly ScriptRuntime _runtime;
    readonly string _module;

    public NativeObject(ScriptRuntime runtime, TypedValue value, string module) : base(runtime.Engine)
    {
        _runtime = runtime;
        _module = module;
        Value = value;
        Prototype = runtime.Engine.Intrinsics.Object.PrototypeObject;
    }

    public TypedValue Value { get; }

    bool IsPointer => Value.Type.Kind == TypeKind.Pointer;

    TypeInfo Element => Value.Type.Element ?? BasicTypes.Void;

    public override JsValue Get(JsValue property, JsValue receiver) => Find(property) ?? base.Get(property, receiver);

    public override PropertyDescriptor GetOwnProperty(JsValue property) =>
        Find(property) is { } found ? new PropertyDescriptor(found, writable: false, enumerable: true, configurable: true) : base.GetOwnProperty(property);

    public override bool HasProperty(JsValue property) => Find(property) is not null || base.HasProperty(property);

    public override List<JsValue> GetOwnPropertyKeys(Types types = Types.Empty | Types.String | Types.Symbol) =>
        [.. Record.Fields.Where(f => f.Name.Length > 0).Select(f => (JsValue)f.Name)];

    /// <summary>The type whose fields this object shows.</summary>
    TypeInfo Record => IsPointer ? Element : Value.Type;

    public override bool Set(JsValue property, JsValue value, JsValue receiver) =>
        throw new CommandException($"Objects of the target cannot be changed through their fields ({property}): use host.memory.writeMemoryValues");

    JsValue? Find(JsValue property)
    {
        if (property is JsSymbol)
            return property == GlobalSymbolRegistry.Iterator && Value.Type.Kind == TypeKind.Array ? Iterator() : null;
        if (property.IsNumber() || property.IsString() && uint.TryParse(property.AsString(), out _))
            return Value.Type.Kind == TypeKind.Array ? ElementAt(Convert.ToUInt64(property.IsNumber() ? property.AsNumber() : property.AsString())) : null;
        string name = property.ToString();
        return Projected(name) ?? Added(property) ?? Field(name);
    }

    JsValue? Projected(string name) => name switch
    {
        "targetLocation" => Value.Address is { } address ? _runtime.Location(address) : Undefined,
        "targetSize" => Value.Type.Size,
        "targetType" => TypeObjects.Make(_runtime, Value.Type, _module),
        "runtimeTypedObject" => this,
        "address" when IsPointer => _runtime.Int64(Value.Bits),
        "isNull" when IsPointer => Value.Bits == 0,
        "dereference" when IsPointer => _runtime.Function(name, 0, _ => Dereferenced()),
        "add" when IsPointer => _runtime.Function(name, 1, arguments =>
            new NativeObject(_runtime, Value with { Bits = Value.Bits + _runtime.ToUInt64(arguments[0]) * Element.Size, Address = null }, _module)),
        "length" when Value.Type.Kind == TypeKind.Array => Value.Type.Count,
        "toString" => _runtime.Function(name, 0, _ => Text()),
        "valueOf" => _runtime.Function(name, 0, _ => IsPointer ? _runtime.Int64(Value.Bits) : this),
        _ => null,
    };

    JsValue? Added(JsValue property) =>
        _runtime.Signatures?.Get(Record.Name) is ObjectInstance model && model.HasOwnProperty(property) ? model.Get(property, this) : null;

    JsValue? Field(string name)
    {
        if (Value.Type.Kind == TypeKind.Array)
            return null;
        // A pointer to a pointer to a structure still shows the structure's fields.
        TypedValue value = Value;
        while (value.Type.Kind == TypeKind.Pointer && value.Type.Element?.Kind == TypeKind.Pointer)
            value = _runtime.Session.Cpp.Load(value.Type.Element, value.Bits);
        TypeInfo record = value.Type.Kind == TypeKind.Pointer ? value.Type.Element ?? BasicTypes.Void : value.Type;
        ulong? at = value.Type.Kind == TypeKind.Pointer ? value.Bits : value.Address;
        if (at is not { } address || record.Find(name) is not { } field)
            return null;
        return _runtime.ToScript(_runtime.Session.Cpp.Load(field.Type, address + field.Offset, field.BitPosition, field.BitLength), _module);
    }

    JsValue Dereferenced() => Element.Size == 0
        ? throw new CommandException($"A pointer to {Element.Name} cannot be dereferenced")
        : _runtime.ToScript(_runtime.Session.Cpp.Load(Element, Value.Bits), _module);

    JsValue ElementAt(ulong index) => index < Value.Type.Count && Value.Address is { } address
        ? _runtime.ToScript(_runtime.Session.Cpp.Load(Element, address + index * Element.Size), _module)
        : Undefined;

    JsValue Iterator() => _runtime.Function("iterator", 0, _ =>
    {
        JsArray items = new(_runtime.Engine, [.. Enumerable.Range(0, (int)Value.Type.Count).Select(i => ElementAt((ulong)i))]);
        return _runtime.Engine.Invoke(items.Get(GlobalSymbolRegistry.Iterator), items, []);
    });

    string Text() => IsPointer ? $"0x{Value.Bits:x}"
        : Value.Address is { } address ? DataValues.Format(_runtime.Session, Value.Type, address) : DataValues.Scalar(_runtime.Session, Value.Type, Value.Bits);

    public override string ToString() => Text();
}
