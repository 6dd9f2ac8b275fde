using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace BlobCaptioner.Cli.LocalStack;

/// <summary>How a program that was run to its end ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to stdout and stderr, in the order in which it arrived.</param>
public sealed record ToolRun(int ExitCode, string Output)
{
    /// <summary>The last lines of the output, for messages.</summary>
    public string Tail => string.Join('\n', Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(15));

    /// <summary>Runs a program to its end; cancelling kills it and what it started.</summary>
    /// <param name="file">Full path of the program.</param>
    /// <param name="arguments">Its arguments, unquoted. A batch file of Windows, which npm is there, takes only plain words.</param>
    /// <param name="directory">Where it runs; null is the current directory.</param>
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

    /// <summary>How a program is started. A batch file needs the shell: with /s it drops the outer quotes and takes what is between them as it is.</summary>
    internal static ProcessStartInfo StartOf(string file, IEnumerable<string> arguments) =>
        Path.GetExtension(file) is ".cmd" or ".bat"
            ? new(Path.Combine(Environment.SystemDirectory, "cmd.exe"), $"/d /s /c \"\"{file}\" {string.Join(' ', arguments)}\"")
            : new(file, arguments);
}
