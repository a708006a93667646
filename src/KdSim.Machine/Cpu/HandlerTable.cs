namespace KdSim.Machine.Cpu;

/// <summary>Addresses of the generic handlers, by operand size (as log2 of bytes).</summary>
internal static unsafe class HandlerTable
{
    public static void* BinaryRegister<B>(int log2)
        where B : struct, IBinary => log2 switch
        {
            0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryRegister<B, Size8>,
            1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryRegister<B, Size16>,
            2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryRegister<B, Size32>,
            _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryRegister<B, Size64>,
        };

    public static void* BinaryFromMemory<B>(int log2)
        where B : struct, IBinary => log2 switch
        {
            0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryFromMemory<B, Size8>,
            1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryFromMemory<B, Size16>,
            2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryFromMemory<B, Size32>,
            _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryFromMemory<B, Size64>,
        };

    public static void* BinaryToMemory<B>(int log2)
        where B : struct, IBinary => log2 switch
        {
            0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryToMemory<B, Size8>,
            1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryToMemory<B, Size16>,
            2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryToMemory<B, Size32>,
            _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BinaryToMemory<B, Size64>,
        };

    public static void* UnaryRegister<U>(int log2)
        where U : struct, IUnary => log2 switch
        {
            0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryRegister<U, Size8>,
            1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryRegister<U, Size16>,
            2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryRegister<U, Size32>,
            _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryRegister<U, Size64>,
        };

    public static void* UnaryMemory<U>(int log2)
        where U : struct, IUnary => log2 switch
        {
            0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryMemory<U, Size8>,
            1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryMemory<U, Size16>,
            2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryMemory<U, Size32>,
            _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.UnaryMemory<U, Size64>,
        };

    public static void* MultiplyWide(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MultiplyWide<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MultiplyWide<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MultiplyWide<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MultiplyWide<Size64>,
    };

    public static void* Divide(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Divide<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Divide<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Divide<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Divide<Size64>,
    };

    public static void* MoveRegister(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MoveRegister<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MoveRegister<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MoveRegister<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MoveRegister<Size64>,
    };

    public static void* Load(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Load<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Load<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Load<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Load<Size64>,
    };

    public static void* Store(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Store<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Store<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Store<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Store<Size64>,
    };

    public static void* Exchange(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Exchange<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Exchange<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Exchange<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Exchange<Size64>,
    };

    public static void* CompareExchange(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.CompareExchange<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.CompareExchange<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.CompareExchange<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.CompareExchange<Size64>,
    };

    public static void* String(int log2) => log2 switch
    {
        0 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.String<Size8>,
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.String<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.String<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.String<Size64>,
    };

    public static void* BitTestRegister(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitTestRegister<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitTestRegister<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitTestRegister<Size64>,
    };

    public static void* BitTestMemory(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitTestMemory<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitTestMemory<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitTestMemory<Size64>,
    };

    public static void* BitScan(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitScan<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitScan<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.BitScan<Size64>,
    };

    public static void* MultiplyTo(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MultiplyTo<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MultiplyTo<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MultiplyTo<Size64>,
    };

    public static void* ExtendAccumulator(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ExtendAccumulator<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ExtendAccumulator<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ExtendAccumulator<Size64>,
    };

    public static void* ExtendToData(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ExtendToData<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ExtendToData<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ExtendToData<Size64>,
    };

    public static void* LoadAddress(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.LoadAddress<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.LoadAddress<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.LoadAddress<Size64>,
    };

    public static void* MoveIf(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MoveIf<Size16>,
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MoveIf<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.MoveIf<Size64>,
    };

    public static void* PushRegister(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PushRegister<Size16>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PushRegister<Size64>,
    };

    public static void* PushMemory(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PushMemory<Size16>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PushMemory<Size64>,
    };

    public static void* PopRegister(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PopRegister<Size16>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PopRegister<Size64>,
    };

    public static void* PopMemory(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PopMemory<Size16>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PopMemory<Size64>,
    };

    public static void* PushFlags(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PushFlags<Size16>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PushFlags<Size64>,
    };

    public static void* PopFlags(int log2) => log2 switch
    {
        1 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PopFlags<Size16>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.PopFlags<Size64>,
    };

    public static void* ByteSwap(int log2) => log2 switch
    {
        2 => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ByteSwap<Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.ByteSwap<Size64>,
    };

    public static void* Extend(int from, int to) => (from, to) switch
    {
        (0, 1) => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size8, Size16>,
        (0, 2) => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size8, Size32>,
        (0, 3) => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size8, Size64>,
        (1, 1) => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size16, Size16>,
        (1, 2) => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size16, Size32>,
        (1, 3) => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size16, Size64>,
        (2, 2) => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size32, Size32>,
        _ => (void*)(delegate*<Processor, Core*, MicroOp*, Flow>)&Handlers.Extend<Size32, Size64>,
    };
}
