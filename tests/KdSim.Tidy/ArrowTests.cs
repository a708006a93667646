using System.Xml.Linq;
using Xunit;

namespace KdSim.Tidy;

/// <summary>The arrows between projects. A new arrow is a decision about the structure: it is written here, with its reason, or not made.</summary>
public class ArrowTests
{
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["KdSim.Nt.Generator"] = [],
        ["KdSim.Nt"] = ["KdSim.Nt.Generator"],
        ["KdSim.Machine"] = [],
        ["KdSim.Devices"] = ["KdSim.Machine"],
        ["KdSim.Symbols"] = ["KdSim.Nt"],
        ["KdSim.Tracing"] = ["KdSim.Nt"],
        ["KdSim.Kernel"] = ["KdSim.Machine", "KdSim.Nt", "KdSim.Nt.Generator", "KdSim.Symbols", "KdSim.Tracing"],
        ["KdSim.Debugging"] = ["KdSim.Nt"],
        ["KdSim.Targets"] = ["KdSim.Debugging", "KdSim.Symbols", "KdSim.Tracing"],
        ["KdSim.Debugger"] = ["KdSim.Debugging", "KdSim.Symbols", "KdSim.Tracing"],
        ["KdSim.Terminal"] = ["KdSim.Debugger"],
        // The tool is the one place where both halves meet. It ships the extensions beside itself.
        ["KdSim"] =
        [
            "KdSim.Nt", "KdSim.Machine", "KdSim.Devices", "KdSim.Symbols", "KdSim.Tracing", "KdSim.Kernel",
            "KdSim.Debugging", "KdSim.Debugger", "KdSim.Targets", "KdSim.Terminal", "KdExts", "WmiTrace", "TraceExts",
        ],
        ["KdExts"] = ["KdSim.Debugging"],
        ["WmiTrace"] = ["KdSim.Debugging"],
        ["TraceExts"] = ["KdSim.Debugging"],
        ["Sample"] = ["KdSim.Debugging"],
    };

    [Fact]
    public void Projects_reference_only_what_the_design_allows()
    {
        var wrong = new List<string>();
        foreach (string path in Repository.Sources("src", "*.csproj").Concat(Repository.Sources("extensions", "*.csproj")))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (!Allowed.TryGetValue(name, out string[]? allowed))
            {
                wrong.Add($"{path}: this project has no entry in the table of arrows");
                continue;
            }
            XDocument project = XDocument.Load(Path.Combine(Repository.Root, path));
            foreach (XElement reference in project.Descendants("ProjectReference"))
            {
                string target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));
                if (!allowed.Contains(target))
                    wrong.Add($"{path}: -> {target} is not an arrow of the design");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_top_level_holds_the_rooms_of_the_design_and_no_others()
    {
        string[] rooms = ["src", "extensions", "sample-traces", "tests"];
        string[] built = ["bin", "obj", "TestResults", "BenchmarkDotNet.Artifacts"];
        string[] odd = Directory.EnumerateDirectories(Repository.Root)
            .Select(folder => Path.GetFileName(folder)!)
            .Where(name => !name.StartsWith('.') && !rooms.Contains(name) && !built.Contains(name))
            .ToArray();
        Assert.Empty(odd);
    }
}
