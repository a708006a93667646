using KdSim.Debugging.Commands;
using KdSim.Debugging.Structures;

namespace KdExts.Shared;

/// <summary>Words of an extension's command line: switches first, then expressions, kept as text until the command runs.</summary>
public sealed record Words(string Name, IReadOnlyList<string> Switches, IReadOnlyList<string> Values)
{
    public static Words Read(ArgumentReader arguments, int most)
    {
        List<string> switches = [], values = [];
        while (!arguments.AtEnd)
        {
            // -1 is a number, not a switch.
            string? option = arguments.Switch();
            if (option is not null && option != "-1")
                switches.Add(option);
            else if (values.Count == most)
                arguments.End();
            else
                values.Add(option ?? arguments.Word());
        }
        return new Words(arguments.Name, switches, values);
    }

    public bool Has(int index) => index < Values.Count;

    public bool HasSwitch(string letter) => Switches.Any(s => s[1..].Equals(letter, StringComparison.OrdinalIgnoreCase));

    /// <summary>An expression's value, or what stands for it when the word was left out.</summary>
    public ulong Value(IDebugSession session, int index, ulong otherwise = 0) =>
        Has(index) ? session.Evaluate(Values[index]) : otherwise;

    /// <summary>The address that a command cannot do without.</summary>
    public ulong Address(IDebugSession session, int index = 0) => Has(index)
        ? session.Evaluate(Values[index])
        : throw new CommandException($"{Name}: an address is expected");
}

/// <summary>A command whose arguments are words.</summary>
public abstract class WordCommand(int most = 4) : Command<Words>
{
    protected sealed override Words Parse(ArgumentReader arguments) => Words.Read(arguments, most);
}
