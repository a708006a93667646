using KdSim.Machine.Cpu;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace KdSim.Machine.Tests.Cpu;

/// <summary>Rights, error codes, A and D bits, and a TLB that nobody can see.</summary>
public sealed class PagingTests
{
    private const ulong NoExecute = 1UL << 63;
    private const ulong Page = 0x200000;

    // entry flags, user mode, access (0 read, 1 write, 2 execute), CR0.WP; the error code of #PF, or -1 where the access succeeds.
    [Theory]
    [InlineData(0UL, false, 0, true, 0)]
    [InlineData(0UL, false, 1, true, 2)]
    [InlineData(0UL, true, 0, true, 4)]
    [InlineData(0UL, true, 1, true, 6)]
    [InlineData(0UL, true, 2, true, 0x14)]
    [InlineData(1UL, false, 0, true, -1)]
    [InlineData(1UL, false, 1, true, 3)]
    [InlineData(1UL, false, 1, false, -1)]
    [InlineData(1UL, true, 0, true, 5)]
    [InlineData(3UL, false, 1, true, -1)]
    [InlineData(3UL, true, 1, true, 7)]
    [InlineData(3UL, true, 2, true, 0x15)]
    [InlineData(5UL, true, 0, true, -1)]
    [InlineData(5UL, true, 1, false, 7)]
    [InlineData(7UL, true, 1, true, -1)]
    [InlineData(7UL, true, 2, true, -1)]
    [InlineData(7UL, false, 2, true, -1)]
    [InlineData(7UL | NoExecute, false, 2, true, 0x11)]
    [InlineData(7UL | NoExecute, true, 2, true, 0x15)]
    [InlineData(7UL | NoExecute, true, 1, true, -1)]
    public void Rights_are_checked_as_the_manual_says(ulong flags, bool user, int access, bool writeProtect, int expected)
    {
        using var computer = new TestComputer();
        computer.Map(Page, 0x300000, flags);
        computer.Memory.Write<ushort>(0x300000, 0x0B0F);
        computer.Load(a =>
        {
            a.mov(rbx, Page);
            if (access == 0)
                a.mov(eax, __dword_ptr[rbx]);
            else if (access == 1)
                a.mov(__dword_ptr[rbx], ecx);
            else
                a.jmp(rbx);
            a.ud2();
        });
        if (user)
            computer.EnterUserMode();
        if (!writeProtect)
            computer.Cpu.State.Cr0 &= ~ControlBits.Cr0WriteProtect;
        computer.Run();
        if (expected < 0)
        {
            Assert.Equal(ExceptionVector.InvalidOpcode, computer.HaltedVector());
            return;
        }

        Assert.Equal(ExceptionVector.PageFault, computer.HaltedVector());
        Assert.Equal(Page, computer.Cpu.State.Cr2);
        Assert.Equal((ulong)expected, computer.Pop(0));
    }

    [Theory]
    [InlineData(7UL, true, 0x11)]
    [InlineData(7UL, false, -1)]
    [InlineData(3UL, true, -1)]
    public void Smep_keeps_ring_0_from_executing_user_pages(ulong flags, bool smep, int expected)
    {
        using var computer = new TestComputer();
        for (ulong page = 0; page < 0xC0000; page += 0x1000)
            computer.Map(page, page, 3); // The test's own code and handlers are no user pages.
        computer.Map(Page, 0x300000, flags);
        computer.Memory.Write<ushort>(0x300000, 0x0B0F);
        computer.Load(a =>
        {
            a.mov(rbx, Page);
            a.mov(rax, cr4);
            if (smep)
                a.bts(eax, 20);
            a.mov(cr4, rax);
            a.jmp(rbx);
        });
        computer.Run();
        Assert.Equal(expected < 0 ? ExceptionVector.InvalidOpcode : ExceptionVector.PageFault, computer.HaltedVector());
        if (expected >= 0)
            Assert.Equal((ulong)expected, computer.Pop(0));
    }

    [Fact]
    public void Accessed_and_dirty_bits_follow_the_accesses()
    {
        using var computer = new TestComputer();
        ulong entry = computer.Map(Page, 0x300000, 3);
        Assert.True(computer.Cpu.TryRead(Page, out int _));
        Assert.Equal(0x23UL, computer.Memory.Read<ulong>(entry) & 0xFFF);
        Assert.True(computer.Cpu.TryWrite(Page, 1));
        Assert.Equal(0x63UL, computer.Memory.Read<ulong>(entry) & 0xFFF);
        computer.Memory.Write(entry, 0x300003UL);
        Assert.True(computer.Cpu.TryRead(Page, out int _));
        Assert.Equal(0x23UL, computer.Memory.Read<ulong>(entry) & 0xFFF);
    }

    [Fact]
    public void The_debugger_walks_without_a_trace()
    {
        using var computer = new TestComputer();
        ulong entry = computer.Map(Page, 0x300000, 3);
        Assert.True(computer.Cpu.TryTranslateForDebugger(TestComputer.Pml4, Page + 0x123, out ulong physical, out _));
        Assert.Equal(0x300123UL, physical);
        Assert.Equal(3UL, computer.Memory.Read<ulong>(entry) & 0xFFF);
    }

    [Fact]
    public void A_changed_entry_counts_at_once_without_invlpg()
    {
        using var computer = new TestComputer();
        ulong entry = computer.Map(Page, 0x300000, 3);
        computer.Map(Page + 0x1000, entry & ~0xFFFUL, 3);
        computer.Memory.Write<uint>(0x300000, 1);
        computer.Memory.Write<uint>(0x301000, 2);
        computer.Load(a =>
        {
            a.mov(rbx, Page);
            a.mov(eax, __dword_ptr[rbx]);
            a.mov(rcx, 0x301003);
            a.mov(__qword_ptr[rbx + (int)(0x1000 + (entry & 0xFFF))], rcx);
            a.mov(edx, __dword_ptr[rbx]);
            a.hlt();
        });
        computer.Run();
        Assert.Equal(1UL, computer.Cpu.State.Rax);
        Assert.Equal(2UL, computer.Cpu.State.Rdx);
    }

    [Fact]
    public void Large_pages_translate()
    {
        using var computer = new TestComputer();
        const ulong linear = 0xFFFFF80000000000;
        ulong top = TestComputer.Pml4 + (((linear >> 39) & 511) * 8);
        computer.Memory.Write(top, 0x400003UL);
        computer.Memory.Write(0x400000, 0x401003UL);
        computer.Memory.Write(0x401008, 0x600083UL);
        computer.Memory.Write(0x400008, 0x000083UL);
        computer.Memory.Write(0x612345, 0xABCDu);
        Assert.True(computer.Cpu.TryRead(linear + 0x212345, out uint two));
        Assert.True(computer.Cpu.TryRead(linear + 0x40612345, out uint one));
        Assert.Equal(0xABCDu, two);
        Assert.Equal(0xABCDu, one);
    }

    [Fact]
    public void A_store_across_pages_changes_nothing_if_the_second_page_faults()
    {
        using var computer = new TestComputer();
        computer.Map(Page, 0x300000, 3);
        computer.Map(Page + 0x1000, 0x301000, 1);
        computer.Load(a =>
        {
            a.mov(rbx, Page + 0xFFC);
            a.mov(rax, ulong.MaxValue);
            a.mov(__qword_ptr[rbx], rax);
        });
        computer.Run();
        Assert.Equal(ExceptionVector.PageFault, computer.HaltedVector());
        Assert.Equal(Page + 0x1000, computer.Cpu.State.Cr2);
        Assert.Equal(0u, computer.Memory.Read<uint>(0x300FFC));
    }

    [Fact]
    public void Devices_see_their_accesses_with_exact_steps()
    {
        using var computer = new TestComputer();
        computer.Map(Page, TestComputer.MmioPhysical, 3);
        computer.Load(a =>
        {
            a.mov(rbx, Page);
            a.mov(eax, __dword_ptr[rbx + 0x20]);
            a.or(__dword_ptr[rbx + 0x30], 1);
            a.hlt();
        });
        computer.Run();
        Assert.Equal(0x55667788UL, computer.Cpu.State.Rax);
        Assert.Equal(3, computer.Log.Count);
        Assert.StartsWith("read fee00020 4 at step 1 ", computer.Log[0]);
        Assert.Equal("write fee00030 4 55667789", computer.Log[2]);
        Assert.Equal(4UL, computer.Cpu.State.Steps);
    }

    [Fact]
    public void A_watched_range_stops_after_the_instruction_and_changes_nothing()
    {
        using var computer = new TestComputer();
        computer.Watchpoints.Add(new Watchpoint(TestComputer.DataBase + 4, 4, OnRead: false, OnWrite: true));
        computer.Load(a =>
        {
            a.mov(ebx, (uint)TestComputer.DataBase);
            a.mov(eax, __dword_ptr[rbx + 4]);
            a.mov(__dword_ptr[rbx], eax);
            a.mov(__byte_ptr[rbx + 7], 1);
            a.hlt();
        });
        Assert.Equal(ProcessorStop.Watchpoint, computer.Run());
        Assert.Equal(4UL, computer.Cpu.State.Steps);
        Assert.Equal(TestComputer.DataBase + 7, computer.Cpu.WatchHit!.Value.Address);
        Assert.Equal(ProcessorStop.Halted, computer.Run());
    }

    [Fact]
    public void Non_canonical_addresses_give_gp_or_ss()
    {
        using var computer = new TestComputer();
        computer.Load(a =>
        {
            a.mov(rbx, 0x800000000000);
            a.mov(eax, __dword_ptr[rbx]);
        });
        computer.Run();
        Assert.Equal(ExceptionVector.GeneralProtection, computer.HaltedVector());
        using var other = new TestComputer();
        other.Load(a =>
        {
            a.mov(rbp, 0x800000000000);
            a.mov(eax, __dword_ptr[rbp]);
        });
        other.Run();
        Assert.Equal(ExceptionVector.StackFault, other.HaltedVector());
    }

    /// <summary>A software bit of the entry; pages with it are gone at CR8 2 and above.</summary>
    private const ulong Pageable = 0x400;

    [Theory]
    [InlineData(1, 1, -1)]
    [InlineData(2, 0, 0)]
    [InlineData(2, 1, 2)]
    [InlineData(15, 2, 0x10)]
    public void Pageable_pages_vanish_when_cr8_rises_though_they_were_just_used(byte level, int access, int expected)
    {
        using var computer = new TestComputer();
        computer.Cpu.HidePageable(Pageable, 2);
        computer.Map(Page, 0x300000, 3 | Pageable);
        computer.Memory.Write<ushort>(0x300000, 0x90C3); // ret
        computer.Load(a =>
        {
            a.mov(rbx, Page);
            a.mov(ecx, __dword_ptr[rbx]);
            a.mov(__dword_ptr[rbx], ecx);
            a.call(rbx);
            a.mov(eax, (uint)level);
            a.mov(cr8, rax);
            if (access == 0)
                a.mov(eax, __dword_ptr[rbx]);
            else if (access == 1)
                a.mov(__dword_ptr[rbx], ecx);
            else
                a.call(rbx);
            a.ud2();
        });
        computer.Run();
        if (expected < 0)
        {
            Assert.Equal(ExceptionVector.InvalidOpcode, computer.HaltedVector());
            return;
        }

        Assert.Equal(ExceptionVector.PageFault, computer.HaltedVector());
        Assert.Equal(Page, computer.Cpu.State.Cr2);
        Assert.Equal((ulong)expected, computer.Pop(0));
    }

    [Fact]
    public void Code_that_raises_cr8_in_a_pageable_page_faults_at_the_next_instruction()
    {
        using var computer = new TestComputer();
        computer.Cpu.HidePageable(Pageable, 2);
        computer.Map(Page, 0x300000, 3 | Pageable);
        computer.Memory.Write<ulong>(0x300000, 0x9090C0220F44); // mov cr8, rax
        computer.Load(a =>
        {
            a.mov(rbx, Page);
            a.mov(eax, 2);
            a.jmp(rbx);
        });
        computer.Run();
        Assert.Equal(ExceptionVector.PageFault, computer.HaltedVector());
        Assert.Equal(Page + 4, computer.Cpu.State.Cr2);
        Assert.Equal(0x10UL, computer.Pop(0));
    }

    [Fact]
    public void Pageable_pages_come_back_when_cr8_falls_and_other_pages_never_go()
    {
        using var computer = new TestComputer();
        computer.Cpu.HidePageable(Pageable, 2);
        computer.Map(Page, 0x300000, 3 | Pageable);
        computer.Map(Page + 0x1000, 0x301000, 3);
        computer.Memory.Write<uint>(0x300000, 7);
        computer.Memory.Write<uint>(0x301000, 8);
        for (int round = 0; round < 3; round++)
        {
            Assert.True(computer.Cpu.TryRead(Page, out int low) && low == 7);
            computer.Cpu.SetCr8(2);
            Assert.False(computer.Cpu.TryRead(Page, out int _));
            Assert.False(computer.Cpu.LastFault.Present);
            Assert.True(computer.Cpu.TryRead(Page + 0x1000, out int high) && high == 8);
            computer.Cpu.SetCr8(5);
            Assert.False(computer.Cpu.CanWrite(Page, 4));
            Assert.True(computer.Cpu.TryTranslateForDebugger(TestComputer.Pml4, Page, out ulong physical, out _) && physical == 0x300000);
            computer.Cpu.SetCr8(1);
        }
    }

    [Fact]
    public void More_pageable_pages_than_are_listed_vanish_too()
    {
        using var computer = new TestComputer();
        computer.Cpu.HidePageable(Pageable, 2);
        const int pages = 200;
        for (ulong i = 0; i < pages; i++)
        {
            computer.Map(Page + i * 0x1000, 0x300000, 3 | Pageable);
            Assert.True(computer.Cpu.TryRead(Page + i * 0x1000, out int _));
        }

        computer.Cpu.SetCr8(2);
        for (ulong i = 0; i < pages; i++)
            Assert.False(computer.Cpu.TryRead(Page + i * 0x1000, out int _));
    }
}
