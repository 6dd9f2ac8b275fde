using System.Diagnostics;
using System.Text.Json;
using BlobCaptioner.Tests.Infra;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>The built command <c>captioner</c> in its own process, as a user runs it.</summary>
internal sealed class CaptionerProcess : IAsyncDisposable
{
    // From its own build output: beside the tests, ASP.NET Core's assemblies come from the shared framework, which the command does not name.
    private static readonly string Captioner = BuiltProgram(Path.Combine("src", "BlobCaptioner.Cli"), "captioner");
    private static readonly string Benchmarks = BuiltProgram(Path.Combine("tests", "BlobCaptioner.Benchmarks"), "BlobCaptioner.Benchmarks");

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Found)> _waiting = [];
    private readonly Task _ended;

    private CaptionerProcess(string program, string directory, IReadOnlyDictionary<string, string>? environment, string[] arguments)
    {
        // Tests that run in the background of a script have inherited an ignored SIGINT, and would pass that on; env becomes the command.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", program, .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Remove("CAPTIONER_CONNECTION");
        start.Environment.Remove("CAPTIONER_DATA");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _ended = _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>True once it is over.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Completes with its end.</summary>
    public Task Ended => _ended;

    /// <summary>Lines of stdout so far.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_lock)
            {
                return [.. _output];
            }
        }
    }

    /// <summary>The text of stderr so far.</summary>
    public string Errors
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _errors);
            }
        }
    }

    /// <summary>Starts it in a directory.</summary>
    public static CaptionerProcess Start(string directory, params string[] arguments) => new(Captioner, directory, environment: null, arguments);

    /// <summary>Starts it in a directory with variables set.</summary>
    public static CaptionerProcess Start(string directory, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        new(Captioner, directory, environment, arguments);

    /// <summary>Runs it to its end.</summary>
    public static async Task<CaptionerResult> RunAsync(string directory, params string[] arguments)
    {
        await using var process = Start(directory, arguments);
        return await process.EndAsync();
    }

    /// <summary>Runs the benchmarks' program to its end.</summary>
    public static async Task<CaptionerResult> RunBenchmarkAsync(string directory, params string[] arguments)
    {
        await using var process = new CaptionerProcess(Benchmarks, directory, environment: null, arguments);
        return await process.EndAsync();
    }

    /// <summary>The first line of stdout, written or yet to come, that satisfies a condition.</summary>
    public async Task<string> LineAsync(Func<string, bool> wanted)
    {
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_output.FirstOrDefault(wanted) is { } line)
            {
                return line;
            }

            _waiting.Add((wanted, found));
        }

        await Task.WhenAny(found.Task, _ended).WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);
        return found.Task.IsCompletedSuccessfully
            ? await found.Task
            : throw new InvalidOperationException($"captioner ended with {_process.ExitCode} before it wrote that line.\n{string.Join('\n', Output)}\n{Errors}");
    }

    /// <summary>The first JSON line with that <c>event</c>.</summary>
    public async Task<JsonElement> EventAsync(string name) =>
        JsonDocument.Parse(await LineAsync(line => line.Contains($"\"event\":\"{name}\"", StringComparison.Ordinal))).RootElement;

    /// <summary>Waits for its end.</summary>
    public async Task<CaptionerResult> EndAsync()
    {
        await _ended.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);
        return new(_process.ExitCode, Output, Errors);
    }

    /// <summary>Ctrl-C, as the terminal sends it.</summary>
    public async Task InterruptAsync()
    {
        using var kill = Process.Start("kill", ["-INT", $"{Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _ended;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _ended;
        _process.Dispose();
    }

    private static string BuiltProgram(string project, string name) =>
        Path.Combine(InfraFiles.Root, project, Path.GetRelativePath(Path.Combine(InfraFiles.Root, "tests", "BlobCaptioner.Tests"), AppContext.BaseDirectory), name);

    private void Keep(List<string> lines, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            lines.Add(line);
            if (ReferenceEquals(lines, _output))
            {
                foreach (var (_, found) in _waiting.Where(w => w.Wanted(line)))
                {
                    found.TrySetResult(line);
                }
            }
        }
    }
}

/// <summary>The result of a process.</summary>
internal sealed record CaptionerResult(int ExitCode, IReadOnlyList<string> Output, string Errors)
{
    /// <summary>All of stdout.</summary>
    public string Text => string.Join('\n', Output);

    /// <summary>Each line of stdout, which are JSON.</summary>
    public IReadOnlyList<JsonElement> Json => [.. Output.Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>The last line, <c>summary</c> of a run.</summary>
    public JsonElement Summary => Json[^1].GetProperty("summary");
}
