using System.Globalization;
using System.Runtime.CompilerServices;
using KdSim.Debugger.Language;
using KdSim.Debugger.Sessions;

namespace KdSim.Debugger.Commands;

/// <summary>What a session's last display of memory was: <c>d</c> does it again, and a display without a range goes on behind it.</summary>
sealed class LastDisplay
{
    static readonly ConditionalWeakTable<DebuggerSession, LastDisplay> Known = [];

    public static LastDisplay Of(DebuggerSession session) => Known.GetOrCreateValue(session);

    /// <summary>The command's name.</summary>
    public string Kind { get; set; } = "db";

    /// <summary>The first byte that was not shown; 0 when nothing was.</summary>
    public ulong Next { get; set; }

    /// <summary>The range that a display names, or the one that follows the last display.</summary>
    public AddressRange Range(DebuggerSession session, string text, int unit, ulong count) => text.Length == 0
        ? new AddressRange(Next != 0 ? Next : session.Rip, count * (ulong)unit, false)
        : AddressRange.Parse(session, text, unit, count, out _);
}

/// <summary>The switches that <c>d*</c>, <c>e*</c> share.</summary>
static class MemoryOptions
{
    /// <summary>Takes <c>/p</c> (with its caching flag) and <c>/cN</c> off the front.</summary>
    public static (string Left, bool Physical, int Columns) Take(string text)
    {
        bool physical = false;
        int columns = 0;
        while (text.StartsWith('/'))
        {
            int end = text.IndexOf(' ');
            string option = end < 0 ? text : text[..end];
            if (option == "/c" && end > 0)
            {
                // The width may stand apart.
                text = $"/c{text[end..].TrimStart()}";
                continue;
            }
            if (option.StartsWith("/c", StringComparison.Ordinal) &&
                int.TryParse(option.AsSpan(2), NumberStyles.HexNumber, null, out int count))
                columns = Math.Clamp(count, 0, 64);
            else if (option.StartsWith("/p", StringComparison.Ordinal))
                physical = true;
            else
                throw new CommandSyntaxException("Syntax", 1, option);
            text = end < 0 ? "" : text[end..].TrimStart();
        }
        return (text, physical, columns);
    }
}
