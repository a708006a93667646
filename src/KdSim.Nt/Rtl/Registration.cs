namespace KdSim.Nt;

[NtType("_EXCEPTION_DISPOSITION")]
public enum EXCEPTION_DISPOSITION
{
    ExceptionContinueExecution = 0,
    ExceptionContinueSearch = 1,
    ExceptionNestedException = 2,
    ExceptionCollidedUnwind = 3,
}
