using KdSim.Kernel.Routines;
using KdSim.Nt;

namespace KdSim.Kernel.Ob;

/// <summary>Directories of named objects: 37 chains by a hash of the upcased name. An entry holds no reference;
/// the object's name info knows its directory.</summary>
[NtData("ObpRootDirectoryObject", 8)]
public sealed class ObjectDirectories(NtKernel kernel) : KernelComponent(kernel)
{
    private const int Buckets = 37;
    private const int MaxChain = 100_000;
    private const uint Tag = 0x6944624F; // "ObDi"

    public ulong Root => Memory.ReadU64(Kernel.Data(Datum.ObpRootDirectoryObject));

    /// <summary>The object of that name, or 0; no reference is taken.</summary>
    public ulong Find(ulong directory, string name, bool ignoreCase)
    {
        uint hash = Hash(name);
        View<OBJECT_DIRECTORY> table = new(directory);
        ulong at = table.HashBuckets[(int)(hash % Buckets)];
        for (int count = 0; at != 0; count++)
        {
            View<OBJECT_DIRECTORY_ENTRY> entry = new(at);
            if (entry.HashValue == hash && IsNamed(entry.Object, name, ignoreCase))
                return entry.Object;
            at = entry.ChainLink;
            if (count > MaxChain)
                throw new RunawayException($"the directory at {directory:x} has a chain of more than {MaxChain} entries");
        }
        return 0;
    }

    /// <summary>Puts a named object that is in no directory yet into one.</summary>
    public void Insert(ulong directory, ulong body)
    {
        View<OBJECT_HEADER_NAME_INFO> info = Objects.NameInfoOf(body);
        View<OBJECT_DIRECTORY> table = new(directory);
        View<OBJECT_DIRECTORY_ENTRY> entry = new(Kernel.Pool.Allocate(POOL_TYPE.NonPagedPool, OBJECT_DIRECTORY_ENTRY.SizeOf, Tag));
        uint hash = Hash(Kernel.Objects.ReadName(info.Name));
        int bucket = (int)(hash % Buckets);
        entry.ChainLink = (Ptr<OBJECT_DIRECTORY_ENTRY>)table.HashBuckets[bucket];
        entry.Object = body;
        entry.HashValue = hash;
        table.HashBuckets.Set(bucket, entry.Ptr);
        info.Directory = (Ptr<OBJECT_DIRECTORY>)directory;
        Kernel.Objects.Reference(directory);
    }

    /// <summary>Takes an object out of its directory, if it is in one: nobody finds it by name any more.</summary>
    public void Remove(ulong body)
    {
        View<OBJECT_HEADER_NAME_INFO> info = Objects.NameInfoOf(body);
        if (info.IsNull || info.Directory.IsNull)
            return;
        View<OBJECT_DIRECTORY> table = new(info.Directory);
        ulong slot = table.HashBuckets.AddressOf((int)(Hash(Kernel.Objects.ReadName(info.Name)) % Buckets));
        for (ulong at = Memory.ReadU64(slot); at != 0; at = Memory.ReadU64(slot))
        {
            View<OBJECT_DIRECTORY_ENTRY> entry = new(at);
            if (entry.Object == body)
            {
                Memory.WriteU64(slot, entry.ChainLink);
                Kernel.Pool.Free(at, Tag);
                break;
            }
            slot = at + (ulong)OBJECT_DIRECTORY_ENTRY.Offsets.ChainLink;
        }
        View<OBJECT_HEADER> directory = Objects.HeaderOf(info.Directory);
        directory.PointerCount--; // Directories with members are permanent: this is never the last reference.
        info.Directory = default;
    }

    private bool IsNamed(ulong body, string name, bool ignoreCase) =>
        string.Equals(Kernel.Objects.ReadName(Objects.NameInfoOf(body).Name), name, ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    private static uint Hash(string name)
    {
        uint hash = 0;
        foreach (char c in name)
            hash = hash + (hash << 1) + (hash >> 1) + char.ToUpperInvariant(c);
        return hash;
    }
}
