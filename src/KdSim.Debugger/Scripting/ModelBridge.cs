using Jint;
using Jint.Native;
using Jint.Native.Function;
using Jint.Native.Object;
using Jint.Native.Symbol;
using Jint.Runtime;
using KdSim.Debugger.DataModel;
using KdSim.Debugger.Expressions;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.Scripting;

/// <summary>Values on their way between <c>dx</c> and a script: numbers, text, objects of the target, and what can be iterated.</summary>
static class ModelBridge
{
    public static JsValue ToScript(ScriptRuntime runtime, ModelValue value) => value switch
    {
        ModelText text => text.Text,
        ModelNative native => runtime.ToScript(native.Value, "nt"),
        ModelNumber { Value: { Type.Kind: TypeKind.Boolean } truth } => truth.Bits != 0,
        // A literal of 32 bits is a number, as the debugger's own small values are.
        ModelNumber number when number.Value.Signed is >= int.MinValue and <= uint.MaxValue => (double)number.Value.Signed,
        ModelNumber number => runtime.Int64(number.Value.Bits),
        _ => value.Display(ModelFormat.Default),
    };

    public static ModelValue ToModel(ScriptRuntime runtime, JsValue value) => value switch
    {
        NativeObject native => runtime.Session.Model.Native(native.Value),
        JsBoolean truth => ModelNumber.Of(truth.AsBoolean()),
        JsNumber number when number.AsNumber() is var n && n == Math.Floor(n) && Math.Abs(n) < 9e15 =>
            n < 0 ? new ModelNumber(TypedValue.OfInteger((long)n)) : ModelNumber.Of((ulong)n),
        ObjectInstance wide when wide.HasProperty("valueOf64") => ModelNumber.Of(runtime.ToUInt64(value)),
        ObjectInstance items when items is not Function && items.Get(GlobalSymbolRegistry.Iterator) is Function => ModelSequence.Of(() =>
            runtime.Engine.Call(runtime.Engine.Intrinsics.Array.Get("from"), value).AsArray().Select(item => ToModel(runtime, item)).ToList()),
        JsUndefined or JsNull => new ModelRecord("", []),
        _ => new ModelText(TypeConverter.ToString(value)),
    };
}
