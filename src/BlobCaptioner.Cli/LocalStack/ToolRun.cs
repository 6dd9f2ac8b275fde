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
    /// <param name="arguments">Its arguments, unquoted.</param>
    /// <param name="directory">Where it runs; null is the current directory.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="LocalStackException">The program could not be started.</exception>
    public static async Task<ToolRun> RunAsync(
        string file, IEnumerable<string> arguments, string? directory, CancellationToken cancellationToken)
    {
        using var process = new Process
        {
            StartInfo = new(file, arguments)
            {
                WorkingDirectory = directory ?? "",
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        };
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
}
