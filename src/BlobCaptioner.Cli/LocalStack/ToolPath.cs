namespace BlobCaptioner.Cli.LocalStack;

/// <summary>Finds programs as a shell would.</summary>
public static class ToolPath
{
    /// <summary>The full path of a program on PATH; null where there is none.</summary>
    /// <param name="name">Name without folder or extension: <c>node</c>.</param>
    public static string? Find(string name) => Find(name, Environment.GetEnvironmentVariable("PATH") ?? "", OperatingSystem.IsWindows());

    /// <summary>The same for a given PATH. On Windows <c>npm</c> alone is a script for other shells, beside <c>npm.cmd</c>.</summary>
    internal static string? Find(string name, string path, bool isWindows)
    {
        var extensions = isWindows ? (string[])[".exe", ".cmd", ".bat"] : [""];
        return (from folder in path.Split(isWindows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries)
                from extension in extensions
                let file = Path.Combine(folder.Trim('"'), name + extension)
                where File.Exists(file)
                select file).FirstOrDefault();
    }
}
