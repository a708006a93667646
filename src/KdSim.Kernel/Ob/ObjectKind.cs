namespace KdSim.Kernel.Ob;

/// <summary>The types of objects; the value is the type's index in nt!ObTypeIndexTable, whose rows 0 and 1 are taken.</summary>
public enum ObjectKind : byte
{
    None = 0,
    Type = 2,
    Directory = 3,
    SymbolicLink = 4,
    Token = 5,
    Process = 6,
    Thread = 7,
    Event = 8,
    Mutant = 9,
    Callback = 10,
    Semaphore = 11,
    Timer = 12,
    Key = 13,
    Section = 14,
    Adapter = 15,
    Controller = 16,
    Device = 17,
    Driver = 18,
    File = 19,
}
