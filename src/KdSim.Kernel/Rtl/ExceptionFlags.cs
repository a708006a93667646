namespace KdSim.Kernel.Rtl;

/// <summary>EXCEPTION_RECORD.ExceptionFlags.</summary>
internal static class ExceptionFlags
{
    public const uint NonContinuable = 0x01;
    public const uint Unwinding = 0x02;
    public const uint ExitUnwind = 0x04;
    public const uint NestedCall = 0x10;
    public const uint TargetUnwind = 0x20;
    public const uint CollidedUnwind = 0x40;
    public const uint AnyUnwind = Unwinding | ExitUnwind;
}

/// <summary>EXCEPTION_DISPOSITION: what a language handler answers.</summary>
internal static class Disposition
{
    public const uint ContinueExecution = 0;
    public const uint ContinueSearch = 1;
    public const uint NestedException = 2;
    public const uint CollidedUnwind = 3;
}
