using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using KdSim.Nt;
using Sprache;

namespace KdSim.Kernel.Scenarios;

/// <summary>
/// The scenario language. The first word of a statement chooses its parser from a table, and a parser that has begun a statement does not
/// go back: so a mistake is reported where it stands, with what was expected there.
/// </summary>
public static class ScenarioGrammar
{
    const int MostText = 1 << 20, MostDepth = 16, MostBytes = 1 << 20;

    public static Scenario Parse(string name, string text)
    {
        if (text.Length > MostText) throw new ScenarioException(name, new(1, 1), $"{text.Length} characters; a scenario has at most {MostText}");
        try
        {
            return ReadScenario(name, new Input(text));
        }
        catch (Mistake mistake)
        {
            throw new ScenarioException(name, new(mistake.At.Line, mistake.At.Column), mistake.Message);
        }
    }

    sealed class Mistake(string expected, IInput at)
        : Exception($"{expected} expected, found {(at.AtEnd ? "the end of the file" : at.Current is '\n' or '\r' ? "the end of the line" : $"'{WordAt(at)}'")}")
    {
        public IInput At { get; } = at;

        static string WordAt(IInput at)
        {
            string rest = at.Source[at.Position..];
            int end = rest.IndexOfAny([' ', '\t', '\r', '\n']);
            string word = end < 0 ? rest : rest[..end];
            return word.Length <= 20 ? word : word[..20];
        }
    }

    // Words. A parser given to Must never backtracks: what it asks for has to be there.

    static Parser<T> Must<T>(this Parser<T> parser, string what) => input =>
    {
        IResult<T> result = parser(input);
        return result.WasSuccessful ? result : throw new Mistake(what, input);
    };

    static readonly Parser<string> Blanks = Sprache.Parse.Chars(' ', '\t').Many().Text();
    static readonly Parser<string> Comment = Sprache.Parse.Char('#').Then(_ => Sprache.Parse.CharExcept("\r\n").Many().Text());
    static readonly Parser<object?> Gap =
        Sprache.Parse.WhiteSpace.AtLeastOnce().Select(_ => (object?)null).Or(Sprache.Parse.Char(';').Select(_ => (object?)null))
            .Or(Comment.Select(_ => (object?)null)).Many().Select(_ => (object?)null);

    static Parser<T> Token<T>(Parser<T> parser) => from value in parser from _ in Blanks select value;

    static readonly Parser<string> Name =
        Token(Sprache.Parse.Identifier(Sprache.Parse.Letter.Or(Sprache.Parse.Char('_')), Sprache.Parse.Chars("_-.").Or(Sprache.Parse.LetterOrDigit)));

    static Parser<string> Word(string word) =>
        Token(from text in Sprache.Parse.IgnoreCase(word).Text() from end in Sprache.Parse.LetterOrDigit.Not() select text);

    static readonly Parser<string> Quoted = Token(
        from open in Sprache.Parse.Char('"')
        from text in Sprache.Parse.CharExcept("\"\r\n").Many().Text()
        from close in Sprache.Parse.Char('"').Must("'\"'")
        select text);

    static readonly Parser<ulong> Hex = Digits("hexadecimal", char.IsAsciiHexDigit, NumberStyles.AllowHexSpecifier);
    static readonly Parser<ulong> Decimal = Digits("decimal", char.IsAsciiDigit, NumberStyles.None);

    static Parser<ulong> Digits(string kind, Predicate<char> isDigit, NumberStyles style)
    {
        Parser<string> run = Sprache.Parse.Char(isDigit, $"{kind} digit").AtLeastOnce().Text();
        return input =>
        {
            IResult<string> digits = run(input);
            if (!digits.WasSuccessful) return Result.Failure<ulong>(input, $"no {kind} number", [kind]);
            return ulong.TryParse(digits.Value, style, CultureInfo.InvariantCulture, out ulong number)
                ? Result.Success(number, digits.Remainder)
                : throw new Mistake($"a {kind} number of at most 64 bits", input);
        };
    }

    static readonly Parser<ulong> Number = Token(Sprache.Parse.IgnoreCase("0x").Then(_ => Hex.Must("hexadecimal digits")).Or(Decimal));

    static readonly Parser<uint> Small = input => Number(input) is { WasSuccessful: true } result
        ? result.Value <= MostBytes ? Result.Success((uint)result.Value, result.Remainder) : throw new Mistake($"a number of at most {MostBytes}", input)
        : Result.Failure<uint>(input, "no number", ["number"]);

    static readonly Parser<ulong> Time = Token(
        from value in Decimal
        from unit in Sprache.Parse.Letter.Many().Text().Where(unit => TicksOf(unit) > 0).Must("a unit of time (ns, us, ms or s)")
        select checked(value * TicksOf(unit)));

    /// <summary>Ticks of half a nanosecond.</summary>
    static ulong TicksOf(string unit) => unit switch { "ns" => 2, "us" => 2_000, "ms" => 2_000_000, "s" => 2_000_000_000, _ => 0 };

    static readonly Parser<byte> Byte = Token(
        from high in Sprache.Parse.Char(char.IsAsciiHexDigit, "hexadecimal digit")
        from low in Sprache.Parse.Char(char.IsAsciiHexDigit, "hexadecimal digit")
        from end in Sprache.Parse.LetterOrDigit.Not()
        select byte.Parse([high, low], NumberStyles.AllowHexSpecifier));

    static readonly Parser<ImmutableArray<byte>> HexBytes =
        Word("hex").Then(_ => Byte.AtLeastOnce().Select(bytes => bytes.ToImmutableArray()).Must("bytes such as 01 FF"));

    static readonly Parser<RequestData> Data =
        Quoted.Select(text => Bytes(Encoding.UTF8.GetBytes(text)))
            .Or(HexBytes.Select(bytes => (RequestData)new RequestData.Bytes(bytes)))
            .Or(Word("zeros").Then(_ => Small.Must("a count").Select(count => Bytes(new byte[count]))))
            .Or(Word("fill").Then(_ => from value in Byte.Must("a byte") from count in Small.Must("a count") select Bytes(Filled(value, count))))
            .Or(Word("pointer").Then(_ => Pointer));

    static readonly Parser<RequestData> Pointer =
        from address in Number.Must("an address")
        from length in Small.Must("a length")
        select (RequestData)new RequestData.Pointer(address, length);

    static RequestData Bytes(byte[] bytes) => new RequestData.Bytes([.. bytes]);

    static byte[] Filled(byte value, uint count)
    {
        byte[] bytes = new byte[count];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    const uint GenericRead = 0x80000000, GenericWrite = 0x40000000;

    static readonly Parser<uint> Access =
        Word("readwrite").Select(_ => GenericRead | GenericWrite).Or(Word("read").Select(_ => GenericRead)).Or(Word("write").Select(_ => GenericWrite));

    static readonly Parser<bool> Async = IsGiven("async"), Apc = IsGiven("apc"), Alertable = IsGiven("alertable");
    static readonly Parser<ulong?> Offset = IfGiven(Word("at").Then(_ => Number.Must("an offset")));
    static readonly Parser<ulong?> Timeout = IfGiven(Word("timeout").Then(_ => Time.Must("a time")));

    static Parser<bool> IsGiven(string word) => Word(word).Optional().Select(found => found.IsDefined);

    static Parser<ulong?> IfGiven(Parser<ulong> parser) => parser.Optional().Select(value => value.IsDefined ? value.Get() : (ulong?)null);

    // IOCTL codes: a number, or ctl(device type, function, method, access) as CTL_CODE builds it.

    static readonly Parser<uint> ControlCode =
        (from word in Word("ctl")
         from open in Token(Sprache.Parse.Char('(')).Must("'('")
         from type in Token(Hex).Must("a device type in hexadecimal")
         from c1 in Token(Sprache.Parse.Char(',')).Must("','")
         from function in Token(Hex).Must("a function in hexadecimal")
         from c2 in Token(Sprache.Parse.Char(',')).Must("','")
         from method in OneOf(("buffered", 0), ("in_direct", 1), ("out_direct", 2), ("neither", 3))
         from c3 in Token(Sprache.Parse.Char(',')).Must("','")
         from access in OneOf(("any", 0), ("readwrite", 3), ("read", 1), ("write", 2))
         from close in Token(Sprache.Parse.Char(')')).Must("')'")
         select ((uint)type << 16) | (access << 14) | ((uint)function << 2) | method)
        .Or(Number.Select(value => (uint)value));

    static Parser<uint> OneOf(params (string Word, uint Value)[] choices) =>
        choices.Select(choice => Word(choice.Word).Select(_ => choice.Value)).Aggregate((a, b) => a.Or(b))
            .Must(string.Join(", ", choices.Select(choice => choice.Word)));

    // Statements: each parser starts after the statement's first word.

    static readonly Parser<RequestData> Output =
        Word("pointer").Then(_ => Pointer).Or(Small.Select(length => (RequestData)new RequestData.Pointer(0, length)).Must("a length"));

    static readonly Parser<ImmutableArray<byte>> Expected =
        HexBytes.Or(Quoted.Select(text => Encoding.UTF8.GetBytes(text).ToImmutableArray())).Must("hex or a text");

    delegate Statement Build(SourcePlace place, string? variable);

    static readonly Dictionary<string, Parser<Build>> Statements = new(StringComparer.OrdinalIgnoreCase)
    {
        ["open"] =
            from path in Quoted.Must("a path in quotes")
            from access in Access.Optional()
            from async in Async
            select (Build)((place, variable) =>
                new Statement.Open(place, variable ?? "", path, access.IsDefined ? access.Get() : GenericRead | GenericWrite, async)),
        ["read"] =
            from handle in Name.Must("a handle")
            from pointer in Word("pointer").Then(_ => Number.Must("an address")).Optional()
            from length in Small.Must("a length")
            from offset in Offset
            from async in Async
            from apc in Apc
            select (Build)((place, variable) =>
                new Statement.Read(place, variable, handle, length, pointer.IsDefined ? pointer.Get() : null, offset, async, apc)),
        ["write"] =
            from handle in Name.Must("a handle")
            from data in Data.Must("data (\"text\", hex, zeros, fill or pointer)")
            from offset in Offset
            from async in Async
            from apc in Apc
            select (Build)((place, variable) => new Statement.Write(place, variable, handle, data, offset, async, apc)),
        ["ioctl"] =
            from handle in Name.Must("a handle")
            from code in ControlCode.Must("a control code")
            from input in Word("in").Then(_ => Data.Must("data (\"text\", hex, zeros, fill or pointer)")).Optional()
            from output in Word("out").Then(_ => Output).Optional()
            from async in Async
            from apc in Apc
            select (Build)((place, variable) => IoctlOf(place, variable, handle, code, input.GetOrDefault(), output.GetOrDefault(), async, apc)),
        ["cancel"] = from name in Name.Must("a request or a handle") select (Build)((place, _) => new Statement.Cancel(place, name)),
        ["wait"] =
            from name in Name.Must("a request")
            from timeout in Timeout
            from alertable in Alertable
            select (Build)((place, _) => new Statement.Wait(place, name, timeout, alertable)),
        ["expect"] =
            from name in Name.Must("a request")
            from build in ExpectationOf(name)
            select build,
        ["close"] = from name in Name.Must("a handle") select (Build)((place, _) => new Statement.Close(place, name)),
        ["sleep"] =
            Name.Where(name => SleepingState(name) != 0)
                .Select(name => (Build)((place, _) => new Statement.World(place, WorldAction.Sleep, name.ToUpperInvariant(), "", SleepingState(name))))
            .Or(from time in Time.Must("a time such as 5ms, or a state such as S3")
                from alertable in Alertable
                select (Build)((place, _) => new Statement.Sleep(place, time, alertable))),
        ["touch"] =
            from address in Number.Must("an address")
            from write in IsGiven("write")
            select (Build)((place, _) => new Statement.Touch(place, address, write)),
        ["print"] = from text in Quoted.Must("a text in quotes") select (Build)((place, _) => new Statement.Print(place, text)),
        ["exit"] = Sprache.Parse.Return((Build)((place, _) => new Statement.Exit(place))),
        ["plug"] = World(WorldAction.Plug),
        ["unplug"] = World(WorldAction.Unplug),
        ["surprise"] = World(WorldAction.SurpriseRemove),
        ["enable"] = World(WorldAction.Enable),
        ["disable"] = World(WorldAction.Disable),
        ["load"] = World(WorldAction.Load, "the name of a driver"),
        ["unload"] = World(WorldAction.Unload, "the name of a driver"),
        ["resume"] = Sprache.Parse.Return((Build)((place, _) => new Statement.World(place, WorldAction.Resume, "", "", 0))),
        ["set"] =
            from name in Name.Must("DEVICE.REGISTER")
            from sign in Token(Sprache.Parse.Char('=')).Optional()
            from value in Number.Must("a value")
            select (Build)((place, _) => SetRegister(place, name, value)),
    };

    static Statement IoctlOf(SourcePlace place, string? variable, string handle, uint code, RequestData? input, RequestData? output, bool async, bool apc)
    {
        var pointer = (RequestData.Pointer?)output;
        return new Statement.Ioctl(place, variable, handle, code, input, pointer is { Address: not 0 } ? pointer : null, pointer?.Length ?? 0, async, apc);
    }

    static Statement SetRegister(SourcePlace place, string name, ulong value)
    {
        int dot = name.IndexOf('.');
        return dot > 0
            ? new Statement.World(place, WorldAction.SetRegister, name[..dot], name[(dot + 1)..], value)
            : new Statement.World(place, WorldAction.SetRegister, name, "", value);
    }

    /// <summary>S1 to S4 as SYSTEM_POWER_STATE; 0 for anything else.</summary>
    static uint SleepingState(string name) => name.ToUpperInvariant() is ['S', >= '1' and <= '4' and var digit] ? (uint)(digit - '1') + 2 : 0;

    static Parser<Build> World(WorldAction action, string what = "the name of a device") =>
        from name in Name.Must(what)
        select (Build)((place, _) => new Statement.World(place, action, name, "", 0));

    static Parser<Build> ExpectationOf(string name)
    {
        Build Of(Expectation what, ulong value = 0, ImmutableArray<byte> data = default) =>
            (place, _) => new Statement.Expect(place, name, what, value, data.IsDefault ? [] : data);
        return Word("status").Then(_ => Status.Must("a status such as STATUS_SUCCESS")).Select(value => Of(Expectation.Status, value))
            .Or(Word("bytes").Then(_ => Number.Must("a count")).Select(value => Of(Expectation.Bytes, value)))
            .Or(Word("data").Then(_ => Expected).Select(data => Of(Expectation.Data, 0, data)))
            .Or(Word("apcs").Then(_ => Number.Must("a count")).Select(value => Of(Expectation.Apcs, value)))
            .Or(Word("pending").Select(_ => Of(Expectation.Pending)))
            .Or(Word("done").Select(_ => Of(Expectation.Done)))
            .Must("status, bytes, data, apcs, pending or done");
    }

    static readonly Parser<ulong> Status = input => Name(input) is { WasSuccessful: true } name
        ? NtStatusNames.TryParse(name.Value, out NtStatus status)
            ? Result.Success((ulong)status, name.Remainder)
            : throw new Mistake("the name of an NTSTATUS", input)
        : Number(input);

    // Blocks are read by plain code with a depth limit: the grammar must not recurse as deep as the file likes.

    static Scenario ReadScenario(string name, IInput input)
    {
        var threads = ImmutableArray.CreateBuilder<ScenarioThread>();
        var timed = ImmutableArray.CreateBuilder<TimedAction>();
        for (input = Skip(input); !input.AtEnd; input = Skip(input))
        {
            SourcePlace place = new(input.Line, input.Column);
            if (Word("thread")(input) is { WasSuccessful: true } head)
            {
                input = Take(ThreadHead, head.Remainder, out Func<SourcePlace, ImmutableArray<Statement>, ScenarioThread> build);
                input = ReadBlock(input, 1, out ImmutableArray<Statement> body);
                threads.Add(build(place, body));
            }
            else if (Word("at")(input) is { WasSuccessful: true } at)
            {
                input = Take(Time.Must("a time such as 5ms"), at.Remainder, out ulong due);
                IInput start = input;
                input = ReadStatement(input, 1, out Statement statement);
                timed.Add(statement is Statement.World action
                    ? new TimedAction(due, action)
                    : throw new Mistake("plug, unplug, surprise, enable, disable, load, unload, sleep S3, resume or set", start));
            }
            else
            {
                throw new Mistake("'thread' or 'at'", input);
            }
        }
        return new Scenario(name, threads.ToImmutable(), timed.ToImmutable());
    }

    static readonly Parser<Func<SourcePlace, ImmutableArray<Statement>, ScenarioThread>> ThreadHead =
        from name in Name.Must("a name")
        from process in Word("process").Then(_ => Name.Must("the name of a process")).Optional()
        from priority in Word("priority").Then(_ => Small.Where(value => value is > 0 and < 32).Must("a priority from 1 to 31")).Optional()
        from processor in Word("cpu").Then(_ => Small.Where(value => value < 8).Must("a processor from 0 to 7")).Optional()
        select (Func<SourcePlace, ImmutableArray<Statement>, ScenarioThread>)((place, body) => new ScenarioThread(
            place, name, process.GetOrElse("scenario.exe"), priority.IsDefined ? (int)priority.Get() : null,
            processor.IsDefined ? (int)processor.Get() : null, body));

    static IInput Skip(IInput input) => Gap(input).Remainder;

    static IInput Take<T>(Parser<T> parser, IInput input, out T value)
    {
        IResult<T> result = parser(input);
        if (!result.WasSuccessful) throw new Mistake(string.Join(" or ", result.Expectations), result.Remainder);
        value = result.Value;
        return result.Remainder;
    }

    static IInput ReadBlock(IInput input, int depth, out ImmutableArray<Statement> body)
    {
        if (depth > MostDepth) throw new Mistake($"at most {MostDepth} blocks inside each other, so no block", input);
        input = Take(Sprache.Parse.Char('{').Must("'{'"), Skip(input), out _);
        var statements = ImmutableArray.CreateBuilder<Statement>();
        for (input = Skip(input); !(input is { AtEnd: false, Current: '}' }); input = Skip(input))
        {
            if (input.AtEnd) throw new Mistake("'}'", input);
            input = ReadStatement(input, depth, out Statement statement);
            statements.Add(statement);
        }
        body = statements.ToImmutable();
        return Take(Token(Sprache.Parse.Char('}')), input, out _);
    }

    static IInput ReadStatement(IInput input, int depth, out Statement statement)
    {
        SourcePlace place = new(input.Line, input.Column);
        IInput first = input;
        input = Take(Name.Must("a statement"), input, out string word);
        string? variable = null;
        if (!input.AtEnd && input.Current == '=')
        {
            variable = word;
            input = Take(Token(Sprache.Parse.Char('=')), input, out _);
            first = input;
            input = Take(Name.Must("open, read, write or ioctl"), input, out word);
            if (word.ToLowerInvariant() is not ("open" or "read" or "write" or "ioctl")) throw new Mistake("open, read, write or ioctl", first);
        }
        else if (word.Equals("open", StringComparison.OrdinalIgnoreCase))
        {
            throw new Mistake("NAME = open", first);
        }
        if (word.Equals("loop", StringComparison.OrdinalIgnoreCase))
        {
            input = Take(Small.Must("a count"), input, out uint count);
            input = ReadBlock(input, depth + 1, out ImmutableArray<Statement> body);
            statement = new Statement.Loop(place, count, body);
            return input;
        }
        if (word.Equals("parallel", StringComparison.OrdinalIgnoreCase)) return ReadParallel(input, place, depth, out statement);
        if (!Statements.TryGetValue(word, out Parser<Build>? parser))
            throw new Mistake($"a statement ({string.Join(", ", Statements.Keys.Append("loop").Append("parallel").Order(StringComparer.Ordinal))})", first);
        input = Take(parser, input, out Build build);
        statement = build(place, variable);
        if (!input.AtEnd && input.Current is not ('\r' or '\n' or ';' or '}' or '#')) throw new Mistake("the end of the statement", input);
        return input;
    }

    static IInput ReadParallel(IInput input, SourcePlace place, int depth, out Statement statement)
    {
        input = Take(Token(Sprache.Parse.Char('{')).Must("'{'"), Skip(input), out _);
        var branches = ImmutableArray.CreateBuilder<ImmutableArray<Statement>>();
        for (input = Skip(input); !(input is { AtEnd: false, Current: '}' }); input = Skip(input))
        {
            input = ReadBlock(input, depth + 2, out ImmutableArray<Statement> branch);
            branches.Add(branch);
        }
        statement = new Statement.Parallel(place, branches.ToImmutable());
        return Take(Token(Sprache.Parse.Char('}')), input, out _);
    }
}
