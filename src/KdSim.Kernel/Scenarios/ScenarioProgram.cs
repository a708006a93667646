using System.Collections.Immutable;

namespace KdSim.Kernel.Scenarios;

/// <summary>What a step does besides its statement.</summary>
public enum StepKind
{
    /// <summary>Carry out the statement and go to the next step.</summary>
    Do,

    /// <summary>Put the count of the loop into its counter; go to the target at once when it is zero.</summary>
    LoopStart,

    /// <summary>Count down; go back to the target while turns are left.</summary>
    LoopEnd,

    /// <summary>Start the threads of a parallel block.</summary>
    Fork,

    /// <summary>Wait for the threads of a parallel block.</summary>
    Join,

    /// <summary>The thread ends.</summary>
    End,
}

/// <summary>One step of a thread: loops and blocks are jumps, so the place in a program is one number.</summary>
/// <param name="Slot">The loop's counter, or the number of the parallel block.</param>
/// <param name="Target">Where a jump goes.</param>
/// <param name="Threads">The program numbers of a parallel block's threads.</param>
public sealed record Step(StepKind Kind, Statement? Statement, int Slot = 0, int Target = 0, ImmutableArray<int> Threads = default);

/// <summary>The program of one user thread. A thread that a parallel block starts has its starter as parent; others have -1.</summary>
public sealed record ThreadProgram(
    int Number, string Name, string Process, int? Priority, int? Processor, int Parent, int Counters, ImmutableArray<Step> Steps);

/// <summary>
/// A scenario made flat: each thread a list of steps, each variable of a process a numbered slot in its user memory. Immutable, so a
/// snapshot keeps a reference to it.
/// </summary>
public sealed class ScenarioProgram
{
    readonly ImmutableDictionary<(string Process, string Variable), int> _slots;

    ScenarioProgram(string name, ImmutableArray<ThreadProgram> threads, ImmutableArray<TimedAction> timed, ImmutableDictionary<(string, string), int> slots)
    {
        Name = name;
        Threads = threads;
        Timed = timed;
        _slots = slots;
    }

    public string Name { get; }
    public ImmutableArray<ThreadProgram> Threads { get; }
    public ImmutableArray<TimedAction> Timed { get; }

    /// <summary>The names of the processes, in the order of their first thread.</summary>
    public IEnumerable<string> Processes => Threads.Select(thread => thread.Process).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>The slot of a variable. All variables that a program names have one.</summary>
    public int SlotOf(string process, string variable) => _slots[(process.ToLowerInvariant(), variable.ToLowerInvariant())];

    public int SlotCount(string process) => _slots.Keys.Count(key => key.Process == process.ToLowerInvariant());

    public static ScenarioProgram Compile(Scenario scenario) => new Compiler().Compile(scenario);

    sealed class Compiler
    {
        readonly List<ThreadProgram?> _threads = [];
        readonly Dictionary<(string, string), int> _slots = [];
        readonly Dictionary<string, int> _slotsOfProcess = [];

        public ScenarioProgram Compile(Scenario scenario)
        {
            // Numbers first, so that the threads of the file come before those of their blocks.
            foreach (ScenarioThread _ in scenario.Threads) _threads.Add(null);
            for (int i = 0; i < scenario.Threads.Length; i++)
            {
                ScenarioThread thread = scenario.Threads[i];
                Declare(scenario.Name, thread.Process, thread.Body);
            }
            for (int i = 0; i < scenario.Threads.Length; i++)
            {
                ScenarioThread thread = scenario.Threads[i];
                CheckUses(scenario.Name, thread.Process, thread.Body);
                _threads[i] = CompileThread(i, thread.Name, thread, -1, thread.Body);
            }
            return new ScenarioProgram(scenario.Name, [.. _threads.Select(thread => thread!)], scenario.Timed, _slots.ToImmutableDictionary());
        }

        ThreadProgram CompileThread(int number, string name, ScenarioThread thread, int parent, ImmutableArray<Statement> body)
        {
            var steps = ImmutableArray.CreateBuilder<Step>();
            int counters = 0, blocks = 0;
            Emit(body);
            steps.Add(new Step(StepKind.End, null));
            return new ThreadProgram(number, name, thread.Process, thread.Priority, thread.Processor, parent, counters, steps.ToImmutable());

            // Recursion is bounded: the grammar refuses blocks deeper than a small limit.
            void Emit(ImmutableArray<Statement> statements)
            {
                for (int i = 0; i < statements.Length; i++)
                    switch (statements[i])
                    {
                        case Statement.Loop loop:
                            int counter = counters++, start = steps.Count;
                            steps.Add(new Step(StepKind.LoopStart, loop, counter));
                            Emit(loop.Body);
                            steps.Add(new Step(StepKind.LoopEnd, loop, counter, start + 1));
                            steps[start] = steps[start] with { Target = steps.Count };
                            break;
                        case Statement.Parallel parallel:
                            int block = blocks++;
                            var children = ImmutableArray.CreateBuilder<int>();
                            foreach (ImmutableArray<Statement> branch in parallel.Branches)
                            {
                                int child = _threads.Count;
                                _threads.Add(null);
                                _threads[child] = CompileThread(child, $"{name}.{children.Count + 1}", thread, number, branch);
                                children.Add(child);
                            }
                            steps.Add(new Step(StepKind.Fork, parallel, block, Threads: children.ToImmutable()));
                            steps.Add(new Step(StepKind.Join, parallel, block, Threads: children.ToImmutable()));
                            break;
                        case Statement.Open open:
                            bool isChecked = i + 1 < statements.Length && statements[i + 1] is Statement.Expect { What: Expectation.Status } expect
                                && expect.Variable.Equals(open.Variable, StringComparison.OrdinalIgnoreCase);
                            steps.Add(new Step(StepKind.Do, open with { IsChecked = isChecked }));
                            break;
                        default:
                            steps.Add(new Step(StepKind.Do, statements[i]));
                            break;
                    }
            }
        }

        static IEnumerable<Statement> Walk(ImmutableArray<Statement> body)
        {
            foreach (Statement statement in body)
            {
                yield return statement;
                IEnumerable<Statement> inner = statement switch
                {
                    Statement.Loop loop => Walk(loop.Body),
                    Statement.Parallel parallel => parallel.Branches.SelectMany(branch => Walk(branch)),
                    _ => [],
                };
                foreach (Statement deeper in inner) yield return deeper;
            }
        }

        void Declare(string file, string process, ImmutableArray<Statement> body)
        {
            string owner = process.ToLowerInvariant();
            foreach (Statement statement in Walk(body))
            {
                string? variable = statement switch
                {
                    Statement.Open open => open.Variable,
                    Statement.Read read => read.Variable,
                    Statement.Write write => write.Variable,
                    Statement.Ioctl ioctl => ioctl.Variable,
                    _ => null,
                };
                if (variable is null) continue;
                int next = _slotsOfProcess.GetValueOrDefault(owner);
                if (_slots.TryAdd((owner, variable.ToLowerInvariant()), next)) _slotsOfProcess[owner] = next + 1;
            }
        }

        void CheckUses(string file, string process, ImmutableArray<Statement> body)
        {
            foreach (Statement statement in Walk(body))
            {
                string? used = statement switch
                {
                    Statement.Read read => read.Handle,
                    Statement.Write write => write.Handle,
                    Statement.Ioctl ioctl => ioctl.Handle,
                    Statement.Cancel cancel => cancel.Variable,
                    Statement.Wait wait => wait.Variable,
                    Statement.Expect expect => expect.Variable,
                    Statement.Close close => close.Handle,
                    _ => null,
                };
                if (used is not null && !_slots.ContainsKey((process.ToLowerInvariant(), used.ToLowerInvariant())))
                    throw new ScenarioException(file, statement.Place, $"nothing in {process} is named '{used}': a handle or request made earlier expected");
            }
        }
    }
}
