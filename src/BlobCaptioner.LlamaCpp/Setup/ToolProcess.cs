using System.ComponentModel;
using System.Diagnostics;

namespace BlobCaptioner.LlamaCpp.Setup;

/// <summary>Runs a command-line tool to its end, without a shell.</summary>
internal static class ToolProcess
{
    private const int FirstLines = 10;
    private const int LastLines = 15;

    /// <summary>Runs a tool; its process tree is killed on cancellation.</summary>
    /// <param name="command">The tool.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="directory">Its working directory.</param>
    /// <param name="onLine">Sees each line of its output, from any thread; may be null.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="NativeSetupException">It does not start or exits with another code than 0; the message ends with its first and last lines.</exception>
    public static async Task RunAsync(
        string command, IReadOnlyList<string> arguments, string directory, Action<string>? onLine, CancellationToken cancellationToken)
    {
        // Some tools say what is wrong first and then print their usage, some say it last.
        var first = new List<string>();
        var last = new Queue<string>();
        void Keep(string? line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                return;
            }

            lock (last)
            {
                if (first.Count < FirstLines)
                {
                    first.Add(line);
                }
                else
                {
                    last.Enqueue(line);
                    if (last.Count > LastLines)
                    {
                        last.Dequeue();
                    }
                }
            }

            onLine?.Invoke(line);
        }

        using var process = Start(command, arguments, directory)
            ?? throw new NativeSetupException($"'{command}' does not start. Is it installed and on the PATH? 'captioner doctor' lists what is needed.");
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new NativeSetupException(
                $"'{command} {string.Join(' ', arguments)}' ended with exit code {process.ExitCode}. It said:{Environment.NewLine}"
                + string.Join(Environment.NewLine, first.Concat(last)));
        }
    }

    /// <summary>The first line that a tool prints; null where it does not start or fails.</summary>
    public static async Task<string?> TryReadFirstLineAsync(string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string? first = null;
        try
        {
            await RunAsync(command, arguments, Path.GetTempPath(), line => Interlocked.CompareExchange(ref first, line.Trim(), null), cancellationToken);
            return Volatile.Read(ref first) ?? "";
        }
        catch (NativeSetupException)
        {
            return null;
        }
    }

    private static Process? Start(string command, IReadOnlyList<string> arguments, string directory)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var name in (string[])["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
        {
            // Set inside a git hook; they would send 'git clone' to the wrong repository.
            start.Environment.Remove(name);
        }

        try
        {
            var process = Process.Start(start);
            process?.StandardInput.Close();
            return process;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
