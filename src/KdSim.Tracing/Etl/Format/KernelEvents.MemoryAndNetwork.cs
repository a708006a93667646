namespace KdSim.Tracing.Etl.Format;

/// <summary>Tables: page faults, virtual memory, TCP and UDP.</summary>
public static partial class KernelEvents
{
    static Table[] MemoryAndNetworkTables() =>
    [
        new(KernelGroup.PageFault, "Memory", """
            10:TransitionFault 11:DemandZeroFault 12:CopyOnWrite 13:GuardMemory 14:HardMemory 15:AccessViolation v2: ptr VirtualAddress, routine
                ProgramCounter
            32:HardFault v0: ticks InitialTime, u64 ReadOffset, ptr VirtualAddress, ptr FileKey, tid ThreadID, u32 ByteCount
            98:VirtualMem/Alloc 99:VirtualMem/Free v2: ptr BaseAddr, size Length, pid ProcessID, x32 Flags
            105:ImageLoadBacked v2: ptr FileKey, x32 DeviceChar, x16 FileChar, x16 LoadFlags
            """),
        new(KernelGroup.TcpIp, "TcpIp", """
            10:Send v1: pid ProcessID, u32 size, ip4 daddr, ip4 saddr, port dport, port sport, u32 startime, u32 endtime, u32 seqnum, ptr connid
            11:Recv 13:Disconnect 14:Retransmit 16:Reconnect 18:TCPCopy 19:ARPCopy 20:FullACK 21:PartACK 22:DupACK v1: pid ProcessID, u32 size, ip4
                daddr, ip4 saddr, port dport, port sport, u32 seqnum, ptr connid
            12:Connect 15:Accept v1: pid ProcessID, u32 size, ip4 daddr, ip4 saddr, port dport, port sport, u16 mss, u16 sackopt, u16 tsopt, u16
                wsopt, u32 rcvwin, i16 rcvwinscale, i16 sndwinscale, u32 seqnum, ptr connid
            17:Fail v1: u16 Proto, u16 FailureCode
            26:SendIPV6 v1: pid ProcessID, u32 size, ip6 daddr, ip6 saddr, port dport, port sport, u32 startime, u32 endtime, u32 seqnum, ptr connid
            27:RecvIPV6 29:DisconnectIPV6 30:RetransmitIPV6 32:ReconnectIPV6 34:TCPCopyIPV6 v1: pid ProcessID, u32 size, ip6 daddr, ip6 saddr, port
                dport, port sport, u32 seqnum, ptr connid
            28:ConnectIPV6 31:AcceptIPV6 v1: pid ProcessID, u32 size, ip6 daddr, ip6 saddr, port dport, port sport, u16 mss, u16 sackopt, u16 tsopt,
                u16 wsopt, u32 rcvwin, i16 rcvwinscale, i16 sndwinscale, u32 seqnum, ptr connid
            """),
        new(KernelGroup.UdpIp, "UdpIp", """
            10:Send 11:Recv v1: pid ProcessID, u32 size, ip4 daddr, ip4 saddr, port dport, port sport, u32 seqnum, ptr connid
            17:Fail v1: u16 Proto, u16 FailureCode
            26:SendIPV6 27:RecvIPV6 v1: pid ProcessID, u32 size, ip6 daddr, ip6 saddr, port dport, port sport, u32 seqnum, ptr connid
            """),
    ];
}
