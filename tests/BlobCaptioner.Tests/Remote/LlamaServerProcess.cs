using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using BlobCaptioner.Tests.Cli;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

/// <summary>A real llama-server with the bundled sample model.</summary>
internal sealed class LlamaServerProcess : IAsyncDisposable
{
    public const string Variable = "BLOBCAPTIONER_LLAMA_SERVER";

    private readonly Process _process;

    private LlamaServerProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts it and waits for the model; skips the test where there is none.</summary>
    public static async Task<LlamaServerProcess> StartAsync(CancellationToken cancellationToken)
    {
        var program = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Find("llama-server");
        Assert.SkipWhen(program is null, $"There is no llama-server in PATH; {Variable} names one.");
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        var start = new ProcessStartInfo(program!, [
            "--model", BundledModel.TextModelPath, "--mmproj", BundledModel.VisionModelPath, "--alias", "sample",
            "--host", "127.0.0.1", "--port", $"{port}", "--parallel", "4", "--ctx-size", "8192", "--threads", "1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new LlamaServerProcess(process, new($"http://127.0.0.1:{port}"));
        using var http = new HttpClient();
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.False(process.HasExited, $"{program} ended by itself");
                try
                {
                    using var health = await http.GetAsync(new Uri(server.Address, "/health"), cancellationToken);
                    return health.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "llama-server has loaded the sample model");
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name))
        .FirstOrDefault(File.Exists);
}
