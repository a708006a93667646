using KdSim.Debugger.Expressions;
using KdSim.Debugger.Sessions;
using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;

namespace KdSim.Debugger.DataModel;

/// <summary>
/// Where names of <c>dx</c> begin: <c>Debugger</c>, <c>@$cursession</c> and its kin, user variables, registers, symbols of the target. A name that
/// is no symbol may be a collection of the session: <c>Devices</c>, <c>Irps</c>.
/// </summary>
public sealed class ModelRoots(DebuggerSession session)
{
    readonly ModelObjects _objects = new(session);

    /// <summary>User variables (<c>@$name</c>).</summary>
    public SortedDictionary<string, ModelValue> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Names after <c>@$</c> that others provide: scripts' functions.</summary>
    public Dictionary<string, Func<ModelValue>> Provided { get; } = new(StringComparer.Ordinal);

    public ModelNative Native(TypedValue value) => new(session, value);

    /// <summary>A symbol of the target, with its type if it has one.</summary>
    public (ulong Address, TypeInfo? Type)? Symbol(string name)
    {
        int bang = name.IndexOf('!');
        foreach (Modules.DebuggedModule module in session.Modules.Loaded)
            if ((bang < 0 || module.Name.Equals(name[..bang], StringComparison.OrdinalIgnoreCase)) && module.Symbols.Find(name[(bang + 1)..]) is { } symbol)
                return (module.Base + symbol.Rva, symbol.Type);
        return null;
    }

    public ModelValue Named(string name)
    {
        switch (name)
        {
            case "true" or "false":
                return ModelNumber.Of(name == "true");
            case "Debugger":
                return Debugger;
        }
        if (session.Walker.FindLocal(name) is { } local)
            return session.Walker.Load(local) is { } loaded ? Native(loaded) : throw new CommandException($"Error: The value of '{name}' is not available");
        if (!name.Contains('!') && _objects.Session.Member(name) is { } collection)
            return collection;
        if (Symbol(name) is not { } symbol)
            throw new CommandException($"Error: Unable to bind name '{name}'");
        return symbol.Type is { Kind: not TypeKind.Function } type ? Native(session.Cpp.Load(type, symbol.Address))
            : throw new CommandException($"Error: No type (or void) for object at Address 0x{symbol.Address:x}");
    }

    /// <summary>A name after <c>@</c>: a variable of the model, or a register.</summary>
    public ModelValue Register(string word)
    {
        string name = word.StartsWith('$') ? word[1..] : "";
        ModelValue? found = name switch
        {
            "cursession" => _objects.Session,
            "curprocess" => _objects.Process(session.CurrentProcess),
            "curthread" => _objects.Thread(session.CurrentThread),
            "curstack" => _objects.Stack(session.CurrentThread),
            "curframe" => _objects.CurrentFrame,
            "vars" => UserVariables,
            "" => null,
            _ => Variables.GetValueOrDefault(name) ?? (Provided.TryGetValue(name, out Func<ModelValue>? provided) ? provided() : null),
        };
        if (found is not null)
            return found;
        return session.Expressions.TryRegister(word.ToLowerInvariant(), out ulong _) ? Native(session.Cpp.Evaluate("@" + word))
            : throw new CommandException($"Error: Unable to bind name '@{word}'");
    }

    ModelRecord UserVariables => new("",
    [
        .. Variables.Select(v => new ModelMember(v.Key, () => v.Value)),
        new("Remove", () => new ModelFunction(arguments => ModelNumber.Of(arguments is [ModelText name] && Variables.Remove(name.Text))), Hidden),
        new("Clear", () => new ModelFunction(_ => { Variables.Clear(); return ModelNumber.Of(true); }), Hidden),
    ]);

    /// <summary>Marks methods, which only <c>dx -v</c> shows.</summary>
    public const string Hidden = "\0";

    ModelRecord Debugger => new("",
    [
        new("Sessions", () => ModelSequence.Of(() => [_objects.Session])),
        new("State", () => new ModelRecord("",
        [
            new("DebuggerVariables", () => new ModelRecord("",
            [
                new("cursession", () => _objects.Session), new("curprocess", () => Register("$curprocess")), new("curthread", () => Register("$curthread")),
            ])),
            new("UserVariables", () => UserVariables),
        ])),
        new("Utility", () => new ModelRecord("", [new("Control", () => new ModelRecord("",
        [
            new("ExecuteCommand", () => new ModelFunction(Execute), Hidden),
        ]))])),
    ]);

    /// <summary>The lines that a command answers with.</summary>
    ModelValue Execute(IReadOnlyList<ModelValue> arguments)
    {
        if (arguments is not [ModelText command])
            throw new CommandException("Error: ExecuteCommand takes the text of a command");
        string[] lines = session.Capture(() => session.RunNested(command.Text)).TrimEnd('\n').Split('\n');
        return ModelSequence.Of(() => lines.Select(l => new ModelText(l)));
    }
}
