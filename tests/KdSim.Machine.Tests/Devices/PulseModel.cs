using KdSim.Devices.Pulse;
using KdSim.Machine.Time;

namespace KdSim.Machine.Tests.Devices;

/// <summary>
/// Pulse as its data sheet says, written in the plainest way. Time: a stopped machine stands at the last event, so a period starts
/// at the time of the last sample that was made.
/// </summary>
internal sealed class PulseModel(ulong seed)
{
    private readonly Queue<uint> _fifo = new();
    private bool _enabled, _interruptEnabled, _overrun, _interrupt, _underrun;
    private ulong _next = Ticks.Never;
    private ulong _machineTime;

    public ulong Now { get; private set; }

    public uint Rate { get; private set; } = 1000;

    public uint Watermark { get; private set; } = 1;

    public uint Sequence { get; private set; }

    public uint Control => (_enabled ? 1u : 0) | (_interruptEnabled ? 2u : 0);

    public uint Status => (_fifo.Count >= Watermark ? 1u : 0) | (_overrun ? 2u : 0) | (_interrupt ? 4u : 0) | (_underrun ? 8u : 0) |
        (uint)_fifo.Count << 16;

    public bool Line => _interrupt && _interruptEnabled;

    public void WriteControl(uint value)
    {
        bool enable = (value & 1) != 0;
        if (enable != _enabled)
            _next = enable ? _machineTime + Rate * Ticks.PerMicrosecond : Ticks.Never;
        _enabled = enable;
        _interruptEnabled = (value & 2) != 0;
        if ((value & 4) != 0)
        {
            _fifo.Clear();
            _overrun = _interrupt = _underrun = false;
        }
    }

    public void WriteStatus(uint value)
    {
        _overrun &= (value & 2) == 0;
        _interrupt &= (value & 4) == 0;
        _underrun &= (value & 8) == 0;
    }

    public void WriteRate(uint value)
    {
        Rate = value < 10 ? 10 : value > 1_000_000 ? 1_000_000 : value;
        if (_enabled)
            _next = _machineTime + Rate * Ticks.PerMicrosecond;
    }

    public void WriteWatermark(uint value) => Watermark = value < 1 ? 1 : value > 64 ? 64 : value;

    public uint Pop()
    {
        if (_fifo.TryDequeue(out uint sample))
            return sample;
        _underrun = true;
        return 0;
    }

    public void RunTo(ulong time)
    {
        while (_next < time)
        {
            _machineTime = _next;
            if (_fifo.Count < 64)
                _fifo.Enqueue(PulseFunction.Sample(seed, Sequence));
            else
                _overrun = _interrupt = true;
            Sequence++;
            _interrupt |= _fifo.Count >= Watermark;
            _next += Rate * Ticks.PerMicrosecond;
        }

        Now = Math.Max(Now, time);
    }
}
