namespace KdSim.Machine.Buses;

/// <summary>
/// A range of bus addresses that a target answers. Where it lies follows from device state (a BAR), so a restored device puts it back; the
/// window itself is not part of snapshots.
/// </summary>
public sealed class AddressWindow(IRegisterTarget target, ulong length)
{
    public IRegisterTarget Target => target;

    public ulong Length => length;

    public ulong Base { get; set; }

    public bool Enabled { get; set; }

    public bool Contains(ulong address, int size) =>
        Enabled && address >= Base && address - Base <= length - (ulong)size;
}

/// <summary>Physical addresses outside RAM, or I/O ports: windows in the order in which they were added; the first that contains an access gets it.</summary>
public sealed class AddressBus(string name)
{
    private readonly List<AddressWindow> _windows = [];

    public IReadOnlyList<AddressWindow> Windows => _windows;

    public AddressWindow Add(IRegisterTarget target, ulong length, ulong address = 0, bool enabled = false)
    {
        if (length < 8)
            throw new ArgumentOutOfRangeException(nameof(length), length, "a window has at least 8 bytes");
        var window = new AddressWindow(target, length) { Base = address, Enabled = enabled };
        _windows.Add(window);
        return window;
    }

    public ulong Read(ulong address, int size)
    {
        AddressWindow window = Find(address, size) ?? throw Nobody(address, "read");
        return window.Target.Read(address - window.Base, size);
    }

    public void Write(ulong address, int size, ulong value)
    {
        AddressWindow window = Find(address, size) ?? throw Nobody(address, "write");
        window.Target.Write(address - window.Base, size, value);
    }

    /// <summary>Reads without side effects; false if nobody answers there.</summary>
    public bool TryPeek(ulong address, int size, out ulong value)
    {
        value = 0;
        if (Find(address, size) is not { } window)
            return false;
        try
        {
            value = window.Target.Peek(address - window.Base, size);
            return true;
        }
        catch (BadRegisterException)
        {
            return false;
        }
    }

    public AddressWindow? Find(ulong address, int size)
    {
        foreach (AddressWindow window in _windows)
        {
            if (window.Contains(address, size))
                return window;
        }

        return null;
    }

    private BadRegisterException Nobody(ulong address, string access) => new(name, address, $"no device answers this {access}");
}
