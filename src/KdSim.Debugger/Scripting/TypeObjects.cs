using Jint.Native;
using Jint.Native.Object;
using Jint.Runtime.Descriptors;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Scripting;

/// <summary>Types as scripts see them: <c>name size typeKind baseType fields</c>; a field has <c>name offset type</c>.</summary>
static class TypeObjects
{
    public static ObjectInstance Make(ScriptRuntime runtime, TypeInfo type, string module)
    {
        JsObject made = new(runtime.Engine);
        made.Set("name", type.Name);
        made.FastSetProperty("__name", new PropertyDescriptor($"{module}!{type.Name}", writable: false, enumerable: false, configurable: false));
        made.Set("size", type.Size);
        made.Set("typeKind", KindName(type.Kind));
        if (type.Element is { } element)
            Lazily(runtime, made, "baseType", () => Make(runtime, element, module));
        if (type.IsRecord)
            Lazily(runtime, made, "fields", () => Fields(runtime, type, module));
        made.Set("toString", runtime.Function("toString", 0, _ => type.Name));
        return made;
    }

    /// <summary>Types refer to each other in circles: what is not asked for is not made.</summary>
    static void Lazily(ScriptRuntime runtime, ObjectInstance target, string name, Func<JsValue> value) => target.FastSetProperty(name,
        new GetSetPropertyDescriptor(runtime.Function(name, 0, _ => value()), null, enumerable: true, configurable: false));

    static JsObject Fields(ScriptRuntime runtime, TypeInfo type, string module)
    {
        JsObject fields = new(runtime.Engine);
        foreach (FieldInfo field in type.Fields.Where(f => f.Name.Length > 0))
        {
            JsObject made = new(runtime.Engine);
            made.Set("name", field.Name);
            made.Set("offset", field.Offset);
            Lazily(runtime, made, "type", () => Make(runtime, field.Type, module));
            fields.Set(field.Name, made);
        }
        return fields;
    }

    static string KindName(TypeKind kind) => kind switch
    {
        TypeKind.Structure or TypeKind.Union => "udt",
        TypeKind.Pointer => "pointer",
        TypeKind.Array => "array",
        TypeKind.Function => "function",
        TypeKind.Enum => "enum",
        _ => "intrinsic",
    };
}
