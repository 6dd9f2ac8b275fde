using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>The result of running a program to its end.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its stdout and stderr, in the order of arrival.</param>
public sealed record ToolRun(int ExitCode, string Output)
{
    /// <summary>The last lines of the output, for messages.</summary>
    public string Tail => string.Join('\n', Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(15));

    /// <summary>Runs a program to its end. Cancelling kills it and its children.</summary>
    /// <param name="file">Full path of the program.</param>
    /// <param name="arguments">Its arguments, unquoted. A Windows batch file, such as npm, takes only plain words.</param>
    /// <param name="directory">Its working directory; null for the current one.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="LocalStackException">The program could not be started.</exception>
    public static async Task<ToolRun> RunAsync(
        string file, IEnumerable<string> arguments, string? directory, CancellationToken cancellationToken)
    {
        var start = StartOf(file, arguments);
        start.WorkingDirectory = directory ?? "";
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        start.CreateNoWindow = true;
        using var process = new Process { StartInfo = start };
        var output = new StringBuilder();
        void Keep(object? sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
            {
                lock (output)
                {
                    output.Append(line.Data).Append('\n');
                }
            }
        }

        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        try
        {
            process.Start();
        }
        catch (Win32Exception ex)
        {
            throw new LocalStackException($"'{file}' could not be started: {ex.Message}.", ex);
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        lock (output)
        {
            return new(process.ExitCode, output.ToString());
        }
    }

    /// <summary>Start information of a program. A batch file needs cmd.exe, which with /s removes the outer quotes and takes the rest verbatim.</summary>
    internal static ProcessStartInfo StartOf(string file, IEnumerable<string> arguments) =>
        Path.GetExtension(file) is ".cmd" or ".bat"
            ? new(Path.Combine(Environment.SystemDirectory, "cmd.exe"), $"/d /s /c \"\"{file}\" {string.Join(' ', arguments)}\"")
            : new(file, arguments);
}

/// <summary>Finds programs as a shell would.</summary>
public static class ToolPath
{
    /// <summary>The full path of a program on PATH; null if there is none.</summary>
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
