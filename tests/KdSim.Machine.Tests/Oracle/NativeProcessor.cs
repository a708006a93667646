using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KdSim.Machine.Tests.Oracle;

/// <summary>The parent's end of the native child: sends batches, and names the case that killed it.</summary>
sealed class NativeProcessor : IDisposable
{
    const int BatchSize = 2000;

    Process process;

    public NativeProcessor() => process = Start();

    /// <summary>Why this host cannot serve as the oracle, or null when it can.</summary>
    public static string? Unsupported =>
        RuntimeInformation.ProcessArchitecture != Architecture.X64
            ? $"the host processor is {RuntimeInformation.ProcessArchitecture}, not x64: only the committed vectors are checked here"
            : !OperatingSystem.IsLinux() && !OperatingSystem.IsWindows()
                ? "the native oracle knows how to map memory on Linux and Windows only: only the committed vectors are checked here"
                : null;

    /// <summary>Whether faulting cases come back with their fault instead of killing the child.</summary>
    public static bool CatchesFaults => OperatingSystem.IsLinux();

    /// <summary>Runs every case in place. A case that kills the child ends in <see cref="NativeDeathException"/>.</summary>
    public void Run(Span<OracleCase> cases)
    {
        while (!cases.IsEmpty)
        {
            Span<OracleCase> batch = cases[..Math.Min(BatchSize, cases.Length)];
            if (!TryRun(batch))
                NameTheKiller(batch);
            cases = cases[batch.Length..];
        }
    }

    void NameTheKiller(Span<OracleCase> batch)
    {
        Restart();
        for (int i = 0; i < batch.Length; i++)
        {
            OracleCase one = batch[i];
            if (!TryRun(new Span<OracleCase>(ref one)))
            {
                string exit = process.WaitForExit(5000) ? $"exit code {process.ExitCode}" : "no exit";
                Restart();
                throw new NativeDeathException($"the native child died ({exit}) on {CaseText.Describe(batch[i])}");
            }
        }
        throw new NativeDeathException("the native child died in a batch whose cases all pass alone");
    }

    bool TryRun(Span<OracleCase> batch)
    {
        try
        {
            Stream toChild = process.StandardInput.BaseStream;
            toChild.Write(BitConverter.GetBytes(batch.Length));
            toChild.Write(MemoryMarshal.AsBytes(batch));
            toChild.Flush();
            byte[] answer = new byte[batch.Length * OracleCase.Size];
            process.StandardOutput.BaseStream.ReadExactly(answer);
            answer.CopyTo(MemoryMarshal.AsBytes(batch));
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    void Restart()
    {
        Dispose();
        process = Start();
    }

    static Process Start()
    {
        ProcessStartInfo start = SelfStart();
        start.ArgumentList.Add(NativeChild.Argument);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        Process process = Process.Start(start) ?? throw new NativeDeathException($"cannot start {start.FileName}");
        byte[] ready = new byte[4];
        int got = process.StandardOutput.BaseStream.ReadAtLeast(ready, 4, throwOnEndOfStream: false);
        if (got == 4 && BitConverter.ToUInt32(ready) == NativeChild.Ready)
            return process;
        process.Kill();
        throw new NativeDeathException($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not become the native child");
    }

    /// <summary>How to start this program again, whether it runs through its own executable, `dotnet`, or an IDE's host.</summary>
    static ProcessStartInfo SelfStart()
    {
        string assembly = typeof(NativeProcessor).Assembly.Location;
        string name = Path.GetFileNameWithoutExtension(assembly);
        string host = Environment.ProcessPath ?? "";
        if (Path.GetFileNameWithoutExtension(host) == name)
            return new ProcessStartInfo(host);
        string dotnet = Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        return new ProcessStartInfo(dotnet, ["exec", assembly]);
    }

    public void Dispose()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is dead already.
        }
        if (!process.WaitForExit(5000))
            process.Kill();
        process.Dispose();
    }
}

/// <summary>The native child ended where it should have answered.</summary>
sealed class NativeDeathException(string message) : Exception(message);
