using KdSim.Debugger.Scripting;
using Xunit;

namespace KdSim.Debugger.Tests.Scripting;

/// <summary>Scripts as users write them for WinDbg: values, memory, types, registers, commands, aliases, errors and limits.</summary>
public sealed class JavaScriptTests : IDisposable
{
    readonly Pulse _pulse = new();
    readonly string _folder = Directory.CreateTempSubdirectory("kdsim-js").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Runs a script's body with `log`; what it logged, without the line that it was loaded.</summary>
    string Run(string body)
    {
        string path = Write("test.js", $"const log = (...x) => host.diagnostics.debugLog(...x, \"\\n\");\nfunction invokeScript() {{\n{body}\n}}\n");
        string output = _pulse.Run($".scriptrun {path}").Replace(_folder, "");
        const string Loaded = "successfully loaded from '/test.js'\n";
        Assert.Contains(Loaded, output.Replace('\\', '/'));
        return output[(output.IndexOf('\n') + 1)..];
    }

    string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    [Theory]
    [InlineData("host.parseInt64('0xfffff80000000001', 16).add(1).toString(16)", "fffff80000000002")]
    [InlineData("`${host.parseInt64('fffff80000000001', 16)}`", "0xfffff80000000001")]
    [InlineData("host.Int64(1).subtract(2).toString(16)", "ffffffffffffffff")]
    [InlineData("host.Int64(0x10, 0x20).toString(16)", "2000000010")]
    [InlineData("new host.Int64(7).asNumber() + 1", "8")]
    [InlineData("host.Int64(42) + 1", "43")]
    [InlineData("host.Int64(42) == 42", "true")]
    [InlineData("host.parseInt64('9007199254740993') == host.Int64(9007199254740992).add(1)", "true")]
    [InlineData("host.parseInt64('0x8000000000000000').compareTo(1)", "1")]
    [InlineData("host.parseInt64('0x8000000000000000').divide(2).bitwiseShiftRight(60).asNumber()", "4")]
    [InlineData("host.Int64(0xff).bitwiseAnd(0x3c).bitwiseOr(1).bitwiseXor(0xf).toString(2)", "110010")]
    [InlineData("host.Int64(1).bitwiseShiftLeft(63).getHighPart()", "2147483648")]
    [InlineData("host.Int64(1n << 40n).multiply(3n).toString()", "0x30000000000")]
    [InlineData("(5).multiply(6).add(2).asNumber()", "32")]
    [InlineData("host.parseInt64('-1').getLowPart()", "4294967295")]
    [InlineData("host.parseInt64('777', 8).asNumber()", "511")]
    [InlineData("host.parseInt64('0xfffff80000000001').convertToNumber() > 1e19", "true")]
    [InlineData("JSON.stringify({ a: host.Int64(16) })", "{\"a\":\"0x10\"}")]
    public void Values_of_64_bits(string expression, string expected) => Assert.Equal(expected + "\n", Run($"log({expression});"));

    [Theory]
    [InlineData("host.parseInt64('0xfffff80000000001') + 1", "RangeError: 64 bit value loses precision on conversion to number")]
    [InlineData("host.parseInt64('zz', 16)", "SyntaxError: parseInt64: 'zz' is not a number of radix 16")]
    [InlineData("host.Int64(1.5)", "TypeError: 1.5 is not an integer")]
    [InlineData("host.memory.readMemoryValues(0x10, 1)", "Error: Unable to read target memory at '0x10' in method 'readMemoryValues'")]
    [InlineData("host.memory.readMemoryValues(0x10, 1, 3)", "Error: An element has 1, 2, 4 or 8 bytes, not 3")]
    [InlineData("host.memory.readMemoryValues(0x10, 1e12)", "Error: readMemoryValues: 1000000000000 elements cannot be read at once")]
    [InlineData("host.getModuleType('pulse', '_NONE')", "Error: Unable to find type '_NONE' in module 'pulse'")]
    [InlineData("host.evaluateExpression('nosuch')", "Error: ")]
    [InlineData("[].First()", "TypeError: ")]
    public void Wrong_uses_are_errors_that_a_script_can_catch(string expression, string expected) =>
        Assert.StartsWith(expected, Run($"try {{ log({expression}); }} catch (problem) {{ log(problem); }}"));

    [Fact]
    public void Memory()
    {
        ulong at = Pulse.Data;
        _pulse.Target.Write(default, at, "narrow\0w\0i\0d\0e\0\0\0"u8);
        string output = Run($$"""
            const at = host.parseInt64("{{at:x}}", 16);
            log(host.memory.readString(at), "|", host.memory.readString(at, 3), "|", host.memory.readWideString(at.add(7)));
            log(host.memory.readMemoryValues(at, 3).join());
            host.memory.writeMemoryValues(at, [1, 0xffff, 3], 2);
            log(host.memory.readMemoryValues(at, 3, 2, true).join(), "|", host.memory.readMemoryValues(at, 1, 8)[0].toString(16));
            host.memory.writeMemoryValues(at, [host.parseInt64("0xfffff80012345678")], 8);
            log(host.memory.readMemoryValues(at, 2, 4).map(v => v.toString(16)).join());
            """);
        Assert.Equal("narrow|nar|wide\n110,97,114\n1,-1,3|77000003ffff0001\n12345678,fffff800\n", output);
    }

    [Fact]
    public void Types_and_objects()
    {
        ulong at = Pulse.Data;
        _pulse.Target.WriteQword(at, at + 0x100);
        _pulse.Target.WriteQword(at + 0x200, 0x150_0004);
        string output = Run($$"""
            const at = host.parseInt64("{{at + 0x200:x}}", 16), type = host.getModuleType("pulse.sys", "_DRIVER_OBJECT");
            log(type.name, " ", type.size, " ", type.typeKind, " ", type.fields.DriverName.offset, " ", type.fields.DeviceObject.type.typeKind);
            const driver = host.createTypedObject(at, "pulse", "_DRIVER_OBJECT"), pointer = host.createPointerObject(at, "pulse", "_DRIVER_OBJECT *");
            log(driver.Type, " ", pointer.Type, " ", pointer.Size, " ", pointer.isNull, " ", pointer.add(1).address.subtract(at).asNumber());
            log(pointer.dereference().targetLocation == driver.targetLocation, " ", driver.targetSize, " ", driver.MajorFunction.length, " ", driver.nothing);
            log([...driver.MajorFunction].length, " ", driver.MajorFunction[27].isNull, " ", "DeviceObject" in driver);
            const double = host.createPointerObject(at.subtract(0x200), "pulse", "_DRIVER_OBJECT **");
            log(at.subtract(double.dereference().address).asNumber(), " ", host.createTypedObject(at.subtract(0x200), "pulse", "_DRIVER_OBJECT *").isNull);
            try { driver.Type = 5; } catch (problem) { log(problem.message); }
            """);
        Assert.Equal("_DRIVER_OBJECT 336 udt 56 pointer\n4 4 336 false 336\n" +
            "true 336 28 undefined\n28 true true\n256 false\nObjects of the target", output[..output.IndexOf(" cannot", StringComparison.Ordinal)]);
    }

    [Fact]
    public void Registers_symbols_and_commands()
    {
        ulong isr = _pulse.AddressOf("pulse!PulseIsr");
        _pulse.Target.MoveTo(isr);
        string output = Run("""
            const general = host.namespace.Debugger.State.PseudoRegisters.General;
            log(host.evaluateExpression("sizeof(int)") == 4, " ", general.ptrsize == 8, " ", general.nosuch);
            log(host.getModuleSymbolAddress("pulse", "PulseIsr") == general.ip, " ", host.getModuleSymbolAddress("pulse", "Nothing"));
            const lines = host.namespace.Debugger.Utility.Control.ExecuteCommand("r rip; ? 1+1");
            log(lines.length, " ", lines[1], " ", lines.First(), " ", lines.Where(l => l.startsWith("Eval")).Count());
            log(host.namespace.Debugger.Utility.Control.ExecuteCommand("nosuch!!").Last());
            for (const row of host.namespace.Debugger.Utility.Code.CreateDisassembler().DisassembleInstructions(general.ip).Take(1))
                log(row, " ", row.Length);
            const attributes = host.currentSession.Attributes;
            log(attributes.Machine.PointerSize, " ", attributes.Target.IsKernelTarget);
            """);
        Assert.StartsWith($"""
            true true undefined
            true null
            2 Evaluate expression: 2 = 00000000`00000002 rip={isr:x16} 1

            """, output);
        Assert.Matches(@"\^ Syntax error in 'nosuch!!'\n[a-z]+[^\n]* \d\n8 true\n$", output);
    }

    [Fact]
    public void Sequences_answer_queries()
    {
        string output = Run("""
            const lines = host.namespace.Debugger.Utility.Control.ExecuteCommand(".echo b; .echo a; .echo c; .echo a");
            log(lines.OrderBy(l => l).Distinct().ToArray().join(""), lines.Skip(1).Take(2).ToArray().join(""), lines.Any(l => l == "c"), lines.All(l => l));
            log(lines.GroupBy(l => l).Select(g => g.Key + g.Count()).ToArray().join(), " ", lines.Select(l => l.length).Sum(), lines.Max(), lines.Min());
            log(lines.SelectMany(l => [l, l]).Count(), lines.Contains("c"), lines.Flatten(l => l == "c" ? ["d"] : []).ToArray().join(""));
            """);
        Assert.Equal("abcactruetrue\nb1,a2,c1 4ca\n8truebacda\n", output);
    }

    [Fact]
    public void A_functions_alias_is_a_command_until_its_script_goes()
    {
        string path = Write("tools.js", """
            function initializeScript() {
                host.diagnostics.debugLog("init\n");
                return [new host.functionAlias(add, "addthem"), new host.functionAlias(list, "listthem"), new host.apiVersionSupport(1, 7)];
            }
            function invokeScript() { host.diagnostics.debugLog("invoke\n"); }
            function uninitializeScript() { host.diagnostics.debugLog("bye\n"); }
            function add(a, b) { return a.add(b); }
            function list(text, ...more) { return text === "nothing" ? undefined : [text, 5, more.length]; }
            function fails() { throw new Error("of its own"); }
            """);
        Assert.Equal($"JavaScript script successfully loaded from '{path}'\ninit\n", _pulse.Run($".scriptload {path}"));
        Assert.Equal("@$addthem(1, 2)                : 0x3\n", _pulse.Run("!addthem 1, 2"));
        Assert.Equal($"@$addthem(pulse!PulseIsr, (1 + 1)) : 0x{_pulse.AddressOf("pulse!PulseIsr") + 2:x}\n", _pulse.Run("!addthem pulse!PulseIsr (1 + 1)"));
        Assert.Equal("@$listthem(\"a b, c\", 1)\n    [0x0]            : a b, c\n    [0x1]            : 0x5\n    [0x2]            : 0x1\n",
            _pulse.Run("!listthem \"a b, c\", 1"));
        Assert.Equal("", _pulse.Run("!listthem \"nothing\""));
        Assert.StartsWith("Couldn't resolve error at 'nosuch'\n", _pulse.Run("!addthem nosuch 1"));
        Assert.Equal($"Command Loaded Scripts:\n    JavaScript script from '{path}'\n", _pulse.Run(".scriptlist"));
        Assert.Equal($"bye\nJavaScript script successfully loaded from '{path}'\ninit\ninvoke\n", _pulse.Run($".scriptrun {path}"));
        Assert.Equal("@$scriptContents.add(2, 3) : 0x5\n", _pulse.Run("dx @$scriptContents.add(2, 3)"));
        Assert.Equal("@$addthem(0xfffff80000000000, 1) : 0xfffff80000000001\n", _pulse.Run("dx @$addthem(0xfffff80000000000, 1)"));
        Assert.Contains("    [0x1]            : 0x5\n", _pulse.Run("dx @$scriptContents.list(\"a\")"));
        Assert.Contains("Error (0x80004005): Error: of its own", _pulse.Run("dx @$scriptContents.fails()"));
        Assert.StartsWith("Error: ", _pulse.Run("dx @$scriptContents.nosuch()"));
        Assert.Equal($"bye\nJavaScript script unloaded from '{path}'\n", _pulse.Run(".scriptunload tools.js"));
        Assert.Equal("No export addthem found\n", _pulse.Run("!addthem 1 2"));
        Assert.StartsWith("Error: Unable to bind name", _pulse.Run("dx @$addthem(1, 2)"));
        Assert.Equal("Command Loaded Scripts:\n", _pulse.Run(".scriptlist"));
    }

    [Fact]
    public void What_a_script_adds_to_a_type_shows_on_its_objects()
    {
        string path = Write("added.js", $$"""
            class Added { get Doubled() { return this.Size * 2; } Say(word) { return word + this.targetSize; } }
            function initializeScript() { return [new host.typeSignatureExtension(Added, "_DRIVER_OBJECT")]; }
            function invokeScript() {
                const driver = host.createPointerObject(host.parseInt64("{{Pulse.Data:x}}", 16), "pulse", "_DRIVER_OBJECT *");
                host.diagnostics.debugLog(driver.Doubled, " ", driver.dereference().Say("size "), "\n");
            }
            """);
        _pulse.Target.WriteQword(Pulse.Data, 0x150_0004);
        Assert.EndsWith("672 size 336\n", _pulse.Run($".scriptrun {path}"));
    }

    [Theory]
    [InlineData("function f() {\n  let x = ;\n}", "(line 2 (@ 11)): Error (0x80004005): Syntax error: Unexpected token ';'")]
    [InlineData("\n  undefined.foo();", "(line 2 (@ 3)): Error (0x80004005): TypeError: ")]
    [InlineData("function invokeScript() {\n    host.parseInt64('q');\n}", "(line 2 (@ 5)): Error (0x80004005): SyntaxError: parseInt64")]
    [InlineData("function invokeScript() {\n  throw new Error('mine');\n}", "(line 2 (@ 9)): Error (0x80004005): Error: mine")]
    [InlineData("function initializeScript() { return [new host.apiVersionSupport(2, 0)]; }", "Error (0x80004005): RangeError: the script needs version 2.0")]
    [InlineData("function initializeScript() { return [5]; }", "Error (0x80004005): TypeError: initializeScript returned something")]
    [InlineData("function initializeScript() { return [new host.functionAlias(5, 'x')]; }", "functionAlias needs a function")]
    public void Errors_name_file_line_and_column(string script, string expected)
    {
        string path = Write("bad.js", script);
        string output = _pulse.Run($".scriptrun {path}");
        Assert.Contains($"\"{path}\"", output);
        Assert.Contains(expected, output);
        Assert.EndsWith($"\nError: Unable to execute JavaScript script '{path}'\n", output);
        Assert.Equal("Command Loaded Scripts:\n", _pulse.Run(".scriptlist"));
    }

    [Fact]
    public void A_missing_file_and_another_language_are_refused()
    {
        Assert.StartsWith("Error: Unable to open script file '/no/such.js'", _pulse.Run(".scriptload /no/such.js"));
        Assert.StartsWith("Error: '/no/such.py' is no script", _pulse.Run(".scriptload /no/such.py"));
    }

    [Theory]
    [InlineData("while (true) ;", "ran too many statements")]
    [InlineData("const all = []; while (true) all.push('x'.repeat(100000) + all.length);", "used too much memory")]
    [InlineData("function f(n) { return f(n + 1) + 1; } f(0);", "nested too deeply")]
    public void A_script_is_stopped_at_its_limits(string script, string expected)
    {
        _pulse.Session.Scripts.Limits = new JavaScriptLimits { Statements = 100_000, Memory = 50 << 20, Recursion = 500 };
        string path = Write("greedy.js", script);
        Assert.Contains($"\"{path}\"", _pulse.Run($".scriptload {path}"));
        Assert.Contains(expected, _pulse.Run($".scriptload {path}"));
        Assert.Equal("Evaluate expression: 2 = 00000000`00000002\n", _pulse.Run("? 1+1"));
    }

    [Fact]
    public void A_script_is_cancelled_and_timed()
    {
        string path = Write("endless.js", "while (true) ;");
        using Timer timer = new(_ => _pulse.Session.Interrupt(), null, 100, 100);
        Assert.EndsWith("The command was cancelled\n", _pulse.Run($".scriptload {path}"));
        timer.Change(Timeout.Infinite, Timeout.Infinite);
        _pulse.Session.Scripts.Limits = new JavaScriptLimits { Time = TimeSpan.FromMilliseconds(20) };
        Assert.Contains("took too long", _pulse.Run($".scriptload {path}"));
    }

    /// <summary>No .NET type is in reach, whatever a script asks for.</summary>
    [Theory]
    [InlineData("typeof System + typeof importNamespace + typeof clr")]
    [InlineData("typeof host.currentSession.GetType + typeof host.GetType + typeof host.memory.readString.GetType")]
    public void There_is_no_way_to_the_host(string expression) => Assert.Equal("undefinedundefinedundefined\n", Run($"log({expression});"));
}
