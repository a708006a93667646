using System.Text.Json;
using System.Text.Json.Nodes;
using KdSim.CommandLine;
using KdSim.Kernel.Loader;
using KdSim.Symbols.Pe;

namespace KdSim;

/// <summary>`kdsim exports FILE.sys`: what a driver imports, and which of it the simulated kernel implements.</summary>
static class ExportsCommand
{
    /// <summary>Images that KdSim makes itself; imports from others must come from drivers that are loaded too.</summary>
    static readonly string[] Simulated = ["ntoskrnl.exe", "hal.dll", "wmilib.sys"];

    public static int Run(ReadOnlySpan<string> arguments, TextWriter output)
    {
        bool json = arguments.Contains("--json");
        string[] files = [.. arguments.ToArray().Where(argument => argument != "--json")];
        if (files is not [string file]) throw new UsageException("exports: one FILE.sys expected");
        if (file.StartsWith('-')) throw new UsageException($"{file}: not an option of kdsim exports");
        Import[] imports = Read(file);
        if (json) WriteJson(file, imports, output);
        else WriteText(file, imports, output);
        return 0;
    }

    sealed record Import(string Dll, string Name, string State);

    static Import[] Read(string file)
    {
        try
        {
            PeImage image = PeImage.Parse(File.ReadAllBytes(file), file);
            image.EnsureDriver();
            return
            [
                .. image.ReadImports()
                    .SelectMany(dll => dll.Functions.Select(function => (Dll: dll.Name.ToLowerInvariant(), Name: function.Name ?? $"#{function.Ordinal}")))
                    .Distinct().OrderBy(import => import.Dll, StringComparer.Ordinal).ThenBy(import => import.Name, StringComparer.Ordinal)
                    .Select(import => new Import(import.Dll, import.Name, StateOf(import.Dll, import.Name))),
            ];
        }
        catch (BadImageException error)
        {
            throw new UsageException(error.Message);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file}: {error.Message}");
        }
    }

    static string StateOf(string dll, string name) =>
        ImportResolver.IsImplemented(name) ? "implemented" : Simulated.Contains(dll) ? "missing" : "other";

    static void WriteText(string file, Import[] imports, TextWriter output)
    {
        int missing = imports.Count(import => import.State == "missing"), other = imports.Count(import => import.State == "other");
        foreach (Import import in imports)
            output.WriteLine($"{import.State,-12} {import.Dll}!{import.Name}");
        output.WriteLine($"{Path.GetFileName(file)}: {imports.Length} imports, {imports.Length - missing - other} implemented, {missing} missing"
            + (other > 0 ? $", {other} from other drivers" : ""));
    }

    static void WriteJson(string file, Import[] imports, TextWriter output)
    {
        var list = new JsonArray();
        foreach (Import import in imports)
            list.Add((JsonNode)new JsonObject { ["dll"] = import.Dll, ["name"] = import.Name, ["state"] = import.State });
        var answer = new JsonObject
        {
            ["v"] = 1,
            ["file"] = Path.GetFileName(file),
            ["implemented"] = imports.Count(import => import.State == "implemented"),
            ["missing"] = imports.Count(import => import.State == "missing"),
            ["other"] = imports.Count(import => import.State == "other"),
            ["imports"] = list,
        };
        output.WriteLine(answer.ToJsonString(new JsonSerializerOptions()));
    }
}
