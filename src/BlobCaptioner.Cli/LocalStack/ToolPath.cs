namespace BlobCaptioner.Cli.LocalStack;

/// <summary>Finds programs as a shell would.</summary>
public static class ToolPath
{
    /// <summary>The full path of a program on PATH; null where there is none.</summary>
    /// <param name="name">Name without folder or extension: <c>node</c>.</param>
    public static string? Find(string name)
    {
        var extensions = OperatingSystem.IsWindows() ? (string[])[".exe", ".cmd", ".bat"] : [""];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return (from folder in folders
                from extension in extensions
                let path = Path.Combine(folder, name + extension)
                where File.Exists(path)
                select path).FirstOrDefault();
    }
}
