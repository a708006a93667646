using System.Text;
using KdSim.Kernel.Images;
using KdSim.Kernel.Ke;
using KdSim.Kernel.Mm;
using KdSim.Nt;
using KdSim.Symbols.Pe;

namespace KdSim.Kernel.Ps;

/// <summary>What a process and a thread of user mode find in their own memory: PEB, loader data, process parameters; TEB and stack. PASSIVE_LEVEL.</summary>
public sealed class UserEnvironment(NtKernel kernel) : KernelComponent(kernel)
{
    private const ulong Parameters = 0x400, Strings = 0x800;
    private const string Folder = @"C:\Windows\System32\";

    /// <summary>Fills the user half of a new process.</summary>
    internal void Create(View<EPROCESS> process, string name)
    {
        ulong root = process.Pcb.DirectoryTableBase;
        Kernel.UserMemory.MapShared(root);
        Kernel.UserMemory.Map(root, UserMemory.Peb, 2 * UserMemory.Page);
        process.Peb = new Ptr<PEB>(UserMemory.Peb);
        process.SectionBaseAddress = SyntheticImages.ProgramBase;
        process.HighestUserAddress = Memory.ReadU64(Kernel.Data(Routines.Datum.MmHighestUserAddress));
        ulong current = Cpu.State.Cr3;
        Cpu.State.Cr3 = root;
        FillPeb(name);
        Cpu.State.Cr3 = current;
    }

    /// <summary>A TEB with its stack for a new thread; 0 if the process has too many.</summary>
    internal ulong CreateTeb(View<EPROCESS> process, CLIENT_ID id)
    {
        ulong root = process.Pcb.DirectoryTableBase;
        for (int i = 0; i < UserMemory.MostThreads; i++)
        {
            ulong address = UserMemory.FirstTeb + (ulong)i * UserMemory.TebSize;
            if (Kernel.UserMemory.IsMapped(root, address))
                continue;
            ulong top = UserMemory.FirstStack + (ulong)(i + 1) * UserMemory.StackReserve;
            Kernel.UserMemory.Map(root, address, UserMemory.TebSize);
            Kernel.UserMemory.Map(root, top - UserMemory.StackSize, UserMemory.StackSize);
            ulong current = Cpu.State.Cr3;
            Cpu.State.Cr3 = root;
            FillTeb(new View<TEB>(address), id, top);
            Cpu.State.Cr3 = current;
            return address;
        }
        return 0;
    }

    /// <summary>Takes the TEB and the stack of an ending thread away, in its process.</summary>
    internal void DeleteTeb(View<EPROCESS> process, ulong teb)
    {
        ulong root = process.Pcb.DirectoryTableBase, index = (teb - UserMemory.FirstTeb) / UserMemory.TebSize;
        Kernel.UserMemory.Unmap(root, teb, UserMemory.TebSize);
        Kernel.UserMemory.Unmap(root, UserMemory.FirstStack + (index + 1) * UserMemory.StackReserve - UserMemory.StackSize, UserMemory.StackSize);
    }

    private void FillPeb(string name)
    {
        View<PEB> peb = new(UserMemory.Peb);
        View<PEB_LDR_DATA> loader = new(UserMemory.LoaderData);
        View<RTL_USER_PROCESS_PARAMETERS> parameters = new(UserMemory.LoaderData + Parameters);
        peb.ImageBaseAddress = SyntheticImages.ProgramBase;
        peb.Ldr = loader.Ptr;
        peb.ProcessParameters = parameters.Ptr;
        peb.OSMajorVersion = 10;
        peb.OSBuildNumber = 17763;
        peb.OSPlatformId = 2;
        loader.Length = PEB_LDR_DATA.SizeOf;
        loader.Initialized = true;
        foreach (int list in Lists)
            Memory.InitializeList(loader.Address + (ulong)list);
        ulong strings = UserMemory.LoaderData + Strings, entry = UserMemory.LoaderData + PEB_LDR_DATA.SizeOf + 8;
        UNICODE_STRING path = NewString(Folder + name, ref strings);
        parameters.Length = parameters.MaximumLength = RTL_USER_PROCESS_PARAMETERS.SizeOf;
        parameters.Flags = 1; // Pointers, not offsets.
        parameters.ImagePathName = path;
        parameters.CommandLine = NewString(name, ref strings);
        foreach (SyntheticImage image in Kernel.Images.User.Reverse())
        {
            bool isProgram = image.Base == SyntheticImages.ProgramBase;
            UNICODE_STRING file = isProgram ? path : NewString(Folder + image.Name, ref strings);
            AddModule(loader, new View<LDR_DATA_TABLE_ENTRY>(entry), image, file, isInitialized: !isProgram);
            entry += LDR_DATA_TABLE_ENTRY.SizeOf;
        }
    }

    private static ReadOnlySpan<int> Lists =>
    [
        PEB_LDR_DATA.Offsets.InLoadOrderModuleList, PEB_LDR_DATA.Offsets.InMemoryOrderModuleList, PEB_LDR_DATA.Offsets.InInitializationOrderModuleList,
    ];

    private void AddModule(View<PEB_LDR_DATA> loader, View<LDR_DATA_TABLE_ENTRY> entry, SyntheticImage image, UNICODE_STRING path, bool isInitialized)
    {
        PeImage pe = PeImage.Parse(image.File, image.Name);
        int folder = Folder.Length * 2;
        entry.DllBase = image.Base;
        entry.EntryPoint = pe.EntryPointRva == 0 ? 0 : image.Base + pe.EntryPointRva;
        entry.SizeOfImage = pe.SizeOfImage;
        entry.TimeDateStamp = pe.TimeDateStamp;
        entry.FullDllName = path;
        entry.BaseDllName = new UNICODE_STRING
        {
            Length = (ushort)(path.Length - folder),
            MaximumLength = (ushort)(path.MaximumLength - folder),
            Buffer = new Ptr<char>(path.Buffer.Address + (ulong)folder),
        };
        Memory.InsertTail(loader.InLoadOrderModuleListView.Address, entry.InLoadOrderLinksView.Address);
        Memory.InsertTail(loader.InMemoryOrderModuleListView.Address, entry.InMemoryOrderLinksView.Address);
        if (isInitialized)
            Memory.InsertTail(loader.InInitializationOrderModuleListView.Address, entry.InInitializationOrderLinksView.Address);
        else
            Memory.InitializeList(entry.InInitializationOrderLinksView.Address);
    }

    private UNICODE_STRING NewString(string text, ref ulong place)
    {
        byte[] bytes = Encoding.Unicode.GetBytes(text);
        var made = new UNICODE_STRING { Length = (ushort)bytes.Length, MaximumLength = (ushort)(bytes.Length + 2), Buffer = new Ptr<char>(place) };
        Memory.Write(place, bytes);
        place += (ulong)(bytes.Length + 2 + 7 & ~7);
        return made;
    }

    private void FillTeb(View<TEB> teb, CLIENT_ID id, ulong top)
    {
        View<NT_TIB> block = teb.NtTib;
        block.StackBase = top;
        block.StackLimit = top - UserMemory.StackSize;
        block.Self = block.Ptr;
        teb.ClientId = id;
        teb.ProcessEnvironmentBlock = new Ptr<PEB>(UserMemory.Peb);
        teb.DeallocationStack = top - UserMemory.StackSize;
    }
}
