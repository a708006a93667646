using System.Reflection;

namespace KdSim.Tidy;

/// <summary>The checkout that the tests were built from: found upwards from the test assembly, so no path is baked in.</summary>
static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>C# files of a folder, build output left out, paths relative to the root with forward slashes, in ordinal order.</summary>
    public static IEnumerable<string> Sources(string folder, string pattern = "*.cs") =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    public static string[] Lines(string relativePath) => File.ReadAllLines(Path.Combine(Root, relativePath));

    static string Find()
    {
        string start = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location)!;
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "KdSim.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"KdSim.sln is not above {start}");
    }
}
