// What scripts see as `host`, built over the functions that the debugger hands over as `native`. Runs once a script, before it.
(function (native) {
    "use strict";

    // ---- 64-bit values ------------------------------------------------------------------------------------------------------------------

    const loss = "64 bit value loses precision on conversion to number";
    const live = new Map();
    let sweepAt = 4096;

    // Equal values are the same object while somebody holds it, so that == compares values.
    function intern(value) {
        const known = live.get(value)?.deref();
        if (known !== undefined)
            return known;
        const made = Object.create(Int64.prototype);
        Object.defineProperty(made, "__value", { value });
        Object.freeze(made);
        if (live.size >= sweepAt) {
            for (const [key, reference] of live)
                if (reference.deref() === undefined)
                    live.delete(key);
            sweepAt = Math.max(4096, live.size * 2);
        }
        live.set(value, new WeakRef(made));
        return made;
    }

    function big(value) {
        if (typeof value === "bigint")
            return BigInt.asUintN(64, value);
        if (value instanceof Int64)
            return value.__value;
        if (value instanceof Location)
            return value.__at.__value;
        if (typeof value === "number") {
            if (!Number.isInteger(value))
                throw new TypeError(`${value} is not an integer`);
            return BigInt.asUintN(64, BigInt(value));
        }
        if (typeof value === "boolean")
            return value ? 1n : 0n;
        if (typeof value === "string")
            return parse(value);
        const address = native.addressOf(value);
        if (address !== undefined)
            return address;
        throw new TypeError(`${String(value)} is not a 64 bit value`);
    }

    function parse(text, radix) {
        let digits = String(text).trim().replace(/`/g, "");
        const minus = digits.startsWith("-");
        if (minus)
            digits = digits.slice(1);
        if (/^0x/i.test(digits) && (radix === undefined || Number(radix) === 16)) {
            digits = digits.slice(2);
            radix = 16;
        }
        radix = radix === undefined ? 10 : Number(radix);
        const prefix = { 2: "0b", 8: "0o", 10: "", 16: "0x" }[radix];
        if (prefix === undefined)
            throw new RangeError(`parseInt64: radix ${radix} is none of 2, 8, 10, 16`);
        let value;
        try {
            value = digits.length === 0 ? undefined : BigInt(prefix + digits);
        } catch {
            value = undefined;
        }
        if (value === undefined)
            throw new SyntaxError(`parseInt64: '${text}' is not a number of radix ${radix}`);
        return BigInt.asUintN(64, minus ? -value : value);
    }

    function Int64(low, high) {
        return intern(high === undefined ? big(low) : BigInt.asUintN(32, big(high)) << 32n | BigInt.asUintN(32, big(low)));
    }

    const operations = {
        add: (a, b) => a + b,
        subtract: (a, b) => a - b,
        multiply: (a, b) => a * b,
        divide: (a, b) => a / b,
        modulo: (a, b) => a % b,
        bitwiseAnd: (a, b) => a & b,
        bitwiseOr: (a, b) => a | b,
        bitwiseXor: (a, b) => a ^ b,
        bitwiseShiftLeft: (a, b) => b > 63n ? 0n : a << b,
        bitwiseShiftRight: (a, b) => b > 63n ? 0n : a >> b,
    };
    const methods = {
        bitwiseNot() { return intern(BigInt.asUintN(64, ~big(this.valueOf64()))); },
        compareTo(other) {
            const a = this.valueOf64(), b = big(other);
            return a < b ? -1 : a > b ? 1 : 0;
        },
        equals(other) { return this.compareTo(other) === 0; },
        getLowPart() { return Number(this.valueOf64() & 0xffffffffn); },
        getHighPart() { return Number(this.valueOf64() >> 32n); },
        convertToNumber() { return Number(this.valueOf64()); },
        asNumber() {
            const value = this.valueOf64();
            if (value > 9007199254740991n)
                throw new RangeError(loss);
            return Number(value);
        },
    };
    for (const [name, operation] of Object.entries(operations))
        methods[name] = function (other) { return intern(BigInt.asUintN(64, operation(this.valueOf64(), big(other)))); };
    // Small values enter a script as numbers: they take the same methods, so that a script need not tell the two apart.
    for (const prototype of [Int64.prototype, Number.prototype, BigInt.prototype])
        for (const [name, method] of Object.entries(methods))
            Object.defineProperty(prototype, name, { value: method, configurable: true, writable: true });
    for (const prototype of [Number.prototype, BigInt.prototype])
        Object.defineProperty(prototype, "valueOf64", { value() { return big(this.valueOf()); } });
    Object.defineProperties(Int64.prototype, {
        valueOf64: { value() { return this.__value; } },
        valueOf: { value() { return this.asNumber(); }, configurable: true, writable: true },
        toString: {
            value(radix) { return radix === undefined ? "0x" + this.__value.toString(16) : this.__value.toString(radix); },
            configurable: true, writable: true,
        },
        toJSON: { value() { return this.toString(); } },
    });

    // ---- Sequences ----------------------------------------------------------------------------------------------------------------------

    // An array with the query methods of the data model.
    class Sequence extends Array {
        static get [Symbol.species]() { return Array; }
    }

    function sequence(items) {
        const made = new Sequence();
        for (const item of items)
            made.push(item);
        return made;
    }

    function flatten(items, children, into) {
        for (const item of items) {
            into.push(item);
            flatten(children(item) ?? [], children, into);
        }
        return into;
    }

    const plain = value => value instanceof Int64 ? value.__value : value;
    const order = (key, sign) => (a, b) => {
        const x = plain(key(a)), y = plain(key(b));
        return x < y ? -sign : x > y ? sign : 0;
    };
    const queries = {
        First(test = () => true) {
            for (const item of this)
                if (test(item))
                    return item;
            throw new RangeError("First: there is no such element");
        },
        FirstNonNull() { return this.First(item => item !== null && item !== undefined); },
        Last(test = () => true) { return sequence(this).filter(item => test(item)).pop() ?? fail("Last: there is no such element"); },
        Where(test) { return sequence(this.__all().filter(item => test(item))); },
        Select(map) { return sequence(this.__all().map(item => map(item))); },
        SelectMany(map) { return sequence(this.__all().flatMap(item => [...map(item)])); },
        Flatten(children) { return flatten(this, children, new Sequence()); },
        Any(test = () => true) { return this.__all().some(item => test(item)); },
        All(test) { return this.__all().every(item => test(item)); },
        Count(test = () => true) { return this.__all().filter(item => test(item)).length; },
        Contains(value) { return this.__all().some(item => plain(item) === plain(value)); },
        Take(count) { return sequence(this.__all().slice(0, Number(count))); },
        Skip(count) { return sequence(this.__all().slice(Number(count))); },
        OrderBy(key) { return sequence(this.__all().sort(order(key, 1))); },
        OrderByDescending(key) { return sequence(this.__all().sort(order(key, -1))); },
        Distinct() { return sequence(new Map(this.__all().map(item => [plain(item), item])).values()); },
        Sum(key = item => item) { return this.__all().reduce((sum, item) => sum + Number(plain(key(item))), 0); },
        Min(key = item => item) { return this.OrderBy(key).First(); },
        Max(key = item => item) { return this.OrderByDescending(key).First(); },
        GroupBy(key) {
            const groups = new Map();
            for (const item of this) {
                const name = plain(key(item));
                if (!groups.has(name))
                    groups.set(name, new Sequence());
                groups.get(name).push(item);
            }
            return sequence([...groups].map(([name, items]) => Object.assign(items, { Key: name })));
        },
        ToArray() { return [...this]; },
        __all() { return [...this]; },
    };
    function fail(text) { throw new RangeError(text); }
    for (const [name, query] of Object.entries(queries))
        Object.defineProperty(Sequence.prototype, name, { value: query, configurable: true, writable: true });

    // ---- Places and registrations -------------------------------------------------------------------------------------------------------

    // Equal places are the same object, as equal values are.
    const places = new WeakMap();

    class Location {
        constructor(at) {
            const known = places.get(at);
            if (known !== undefined)
                return known;
            this.__at = at;
            places.set(at, this);
        }
        add(offset) { return new Location(this.__at.add(offset)); }
        subtract(offset) { return new Location(this.__at.subtract(offset)); }
        compareTo(other) { return this.__at.compareTo(other); }
        toString(radix) { return this.__at.toString(radix); }
        valueOf() { return this.__at.valueOf(); }
    }

    class Registration {
        constructor(object, name) { this.object = object; this.name = String(name); }
    }
    class functionAlias extends Registration {}
    class namedModelParent extends Registration {}
    class namedModelRegistration extends Registration {}
    class typeSignatureExtension extends Registration {}
    class typeSignatureRegistration extends Registration {}
    class apiVersionSupport {
        constructor(major, minor) { this.major = Number(major); this.minor = Number(minor ?? 0); }
    }
    class indexedValue {
        constructor(value, indices) { this.value = value; this.indices = indices; }
    }

    // ---- The session's objects ----------------------------------------------------------------------------------------------------------

    function lookup(read) {
        return new Proxy({}, { get: (_, name) => typeof name === "string" ? read(name) : undefined });
    }

    class Frame {
        constructor(data) { Object.assign(this, data); }
        toString() { return this.__text; }
    }

    class Thread {
        constructor(object, current) { this.KernelObject = object; this.__current = current; }
        get Id() { return this.KernelObject.Cid.UniqueThread.address; }
        get Registers() {
            if (!this.__current)
                throw new Error("Registers are those of the current thread: use SwitchTo() first");
            const registers = lookup(native.register);
            return { User: registers, Kernel: registers };
        }
        get Stack() {
            if (!this.__current)
                throw new Error("Stack is that of the current thread: use SwitchTo() first");
            return { Frames: sequence(native.frames().map(data => new Frame(data))) };
        }
        SwitchTo() { native.run(`.thread ${this.KernelObject.address}`); }
        toString() { return `Thread ${this.Id}`; }
    }

    class Module {
        constructor(data) { Object.assign(this, data); }
        toString() { return this.Name; }
    }

    class Process {
        constructor(object) { this.KernelObject = object; }
        get Id() { return this.KernelObject.UniqueProcessId.address; }
        get Name() { return native.readString(this.KernelObject.ImageFileName.targetLocation.__at, 15); }
        get Threads() {
            const current = native.currentThread();
            return sequence(fromListEntry(this.KernelObject.ThreadListHead, "nt!_ETHREAD", "ThreadListEntry"))
                .Select(thread => new Thread(pointerTo(thread), big(thread.targetLocation) === big(current)));
        }
        get Modules() { return sequence(native.modules().map(data => new Module(data))); }
        SwitchTo() { native.run(`.process /p ${this.KernelObject.address}`); }
        toString() { return this.Name; }
    }

    class DeviceNode {
        constructor(object) { this.KernelObject = object; }
        get InstancePath() { return this.KernelObject.InstancePath.toString().slice(1, -1); }
        get ServiceName() { return this.KernelObject.ServiceName.toString().slice(1, -1); }
        get State() { return this.KernelObject.State; }
        get PhysicalDeviceObject() { return this.KernelObject.PhysicalDeviceObject; }
        get Children() {
            const children = new Sequence();
            for (let child = this.KernelObject.Child; !child.isNull && children.length < 16384; child = child.Sibling)
                children.push(new DeviceNode(child));
            return children;
        }
        toString() { return this.ServiceName.length > 0 ? `${this.InstancePath} (${this.ServiceName})` : this.InstancePath; }
    }

    class Session {
        get Processes() {
            return sequence(fromListEntry(native.symbol("nt", "PsActiveProcessHead", "_LIST_ENTRY"), "nt!_EPROCESS", "ActiveProcessLinks"))
                .Select(process => new Process(pointerTo(process)));
        }
        get Attributes() { return native.attributes(); }
        get Devices() {
            const root = native.symbol("nt", "IopRootDeviceNode", "_DEVICE_NODE *");
            return { DeviceTree: sequence([new DeviceNode(root)]) };
        }
        toString() { return native.description(); }
    }

    const models = { "Debugger.Models.Session": Session, "Debugger.Models.Process": Process, "Debugger.Models.Thread": Thread };
    const pointerTo = object => native.pointer(object.targetLocation.__at, object.targetType.__name);

    function* fromListEntry(head, type, field) {
        const at = big(head.address ?? head.targetLocation), [module, name] = String(type).split("!");
        const offset = native.offset(module, name, field);
        let entry = big(native.readValues(intern(at), 1, 8, false)[0]);
        for (let left = 65536; entry !== at && entry !== 0n && left > 0; left--) {
            yield native.typed(intern(BigInt.asUintN(64, entry - offset)), module, name);
            entry = big(native.readValues(intern(entry), 1, 8, false)[0]);
        }
    }

    const currentThread = () => new Thread(native.pointer(native.currentThread(), "nt!_ETHREAD"), true);
    const currentProcess = () => new Process(native.pointer(native.currentProcess(), "nt!_EPROCESS"));
    const theSession = new Session();

    const control = { ExecuteCommand: command => sequence(native.run(String(command))) };
    const collections = { FromListEntry: (head, type, field) => sequence(fromListEntry(head, type, field)) };
    const code = {
        CreateDisassembler: () => ({
            DisassembleInstructions: address => {
                const rows = new Sequence();
                for (let at = intern(big(address)); rows.length < 64;) {
                    const row = native.disassemble(at);
                    if (row === null)
                        break;
                    rows.push({ Length: row.length, Address: at, toString: () => row.text });
                    at = at.add(row.length);
                }
                return rows;
            },
        }),
    };
    const debuggerRoot = {
        get Sessions() { return sequence([theSession]); },
        State: {
            PseudoRegisters: { General: lookup(name => native.register("$" + name)) },
            DebuggerVariables: {
                get curthread() { return currentThread(); },
                get curprocess() { return currentProcess(); },
                get cursession() { return theSession; },
            },
        },
        Utility: { Control: control, Collections: collections, Code: code },
    };

    const module = name => String(name).replace(/\.(sys|exe|dll)$/i, "");
    const host = {
        Int64, functionAlias, namedModelParent, namedModelRegistration, typeSignatureExtension, typeSignatureRegistration, apiVersionSupport,
        indexedValue,
        parseInt64: (text, radix) => intern(parse(text, radix)),
        diagnostics: { debugLog: (...parts) => native.log(parts.map(part => String(part)).join("")) },
        memory: {
            readMemoryValues: (location, count, size = 1, signed = false) => native.readValues(intern(big(location)), Number(count), size, signed),
            writeMemoryValues: (location, values, size = 1) => native.writeValues(intern(big(location)), [...values].map(v => intern(big(v))), size),
            readString: (location, length) => native.readString(intern(big(location)), typeof length === "number" ? length : -1),
            readWideString: (location, length) => native.readWideString(intern(big(location)), typeof length === "number" ? length : -1),
        },
        get currentThread() { return currentThread(); },
        get currentProcess() { return currentProcess(); },
        get currentSession() { return theSession; },
        namespace: { Debugger: debuggerRoot },
        evaluateExpression: text => native.evaluate(String(text)),
        getModuleSymbol: (name, symbol, type) => native.symbol(module(name), String(symbol), typeof type === "string" ? type : undefined),
        getModuleSymbolAddress: (name, symbol) => native.symbolAddress(module(name), String(symbol)),
        getModuleType: (name, type) => native.type(module(name), String(type)),
        createTypedObject: (location, name, type) => native.typed(intern(big(location)), module(name), String(type)),
        createPointerObject: (location, name, type) => native.pointer(intern(big(location)), `${module(name)}!${String(type).replace(/\s*\*\s*$/, "")}`),
    };

    // Getters and methods that a script's class adds to a model or to a native type.
    function extend(target, registered) {
        const source = typeof registered === "function" ? registered.prototype : registered;
        for (const name of Reflect.ownKeys(source))
            if (name !== "constructor" && !String(name).startsWith("__"))
                Object.defineProperty(target, name, Object.getOwnPropertyDescriptor(source, name));
    }

    const signatures = Object.create(null);

    // What initializeScript returned: gives the aliases back, applies the rest.
    function register(result) {
        const aliases = [];
        for (const item of result ?? []) {
            if (item instanceof functionAlias)
                aliases.push({ name: item.name, call: item.object });
            else if (item instanceof apiVersionSupport) {
                if (item.major !== 1 || item.minor > 9)
                    throw new RangeError(`the script needs version ${item.major}.${item.minor} of the scripting API, this is 1.9`);
            } else if (item instanceof namedModelParent) {
                if (models[item.name] === undefined)
                    throw new RangeError(`no data model is named ${item.name}`);
                extend(models[item.name].prototype, item.object);
            } else if (item instanceof typeSignatureExtension || item instanceof typeSignatureRegistration) {
                const name = item.name.replace(/^.*!/, "");
                extend(signatures[name] ??= Object.create(null), item.object);
            } else
                throw new TypeError("initializeScript returned something that is no registration of this debugger");
        }
        return aliases;
    }

    return { host, register, signatures, makeInt64: intern, toBig: big, makeLocation: at => new Location(at), makeSequence: sequence };
})
