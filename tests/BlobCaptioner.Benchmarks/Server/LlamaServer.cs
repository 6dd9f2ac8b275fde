using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using BlobCaptioner.Benchmarks.Images;

namespace BlobCaptioner.Benchmarks.Server;

/// <summary>A llama-server process on a free port, with its log in a file.</summary>
internal sealed class LlamaServer : IAsyncDisposable
{
    private static readonly TimeSpan s_startTime = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly HttpClient _http;

    private LlamaServer(Process process, HttpClient http, int parallel)
    {
        (_process, _http, Parallel) = (process, http, parallel);
    }

    /// <summary>Its <c>-np</c>.</summary>
    public int Parallel { get; }

    /// <summary>Most memory it has held, bytes.</summary>
    public long PeakBytes => ResidentPeak.OfProcess(_process.Id);

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="model">The text model.</param>
    /// <param name="mmproj">The vision tower.</param>
    /// <param name="parallel">Slots.</param>
    /// <param name="cells">Tokens for each slot.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="more">Other arguments.</param>
    public static async Task<LlamaServer> StartAsync(string program, string model, string mmproj, int parallel, int cells, int threads, string more)
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var log = Path.Combine(Path.GetTempPath(), $"llama-server-{port}.log");
        string[] arguments =
        [
            "-m", model, "--mmproj", mmproj, "-np", Invariant(parallel), "-c", Invariant(parallel * cells), "-t", Invariant(threads), "-tb", Invariant(threads),
            "--host", "127.0.0.1", "--port", Invariant(port), "--log-file", log, .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new LlamaServer(process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromHours(1) }, parallel);
        var started = Stopwatch.StartNew();
        while (!await server.IsReadyAsync())
        {
            if (process.HasExited || started.Elapsed > s_startTime)
            {
                await server.DisposeAsync();
                throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' is not ready; its log is {log}.");
            }

            await Task.Delay(100);
        }

        return server;
    }

    /// <summary>Asks about a picture.</summary>
    public async Task<ServerReply> AskAsync(JsonNode body)
    {
        using var response = await _http.PostAsJsonAsync("/v1/chat/completions", body);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
        {
            return new ServerReply(0, 0, 0, 0, 0, text[..Math.Min(300, text.Length)]);
        }

        var reply = JsonNode.Parse(text)!;
        var timings = reply["timings"]!;
        return new ServerReply(
            (int)reply["usage"]!["completion_tokens"]!, (int)reply["usage"]!["prompt_tokens"]!, (double)timings["prompt_ms"]!, (double)timings["predicted_ms"]!,
            (double)timings["predicted_per_second"]!, Error: null)
        { Text = (string?)reply["choices"]![0]!["message"]!["content"] ?? "" };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await _http.GetAsync(new Uri("/health", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One answer of the server, with its own timings.</summary>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="InputTokens">Tokens of the prompt, cached ones and the picture's included.</param>
/// <param name="PromptMs">Time for encode and prefill as it counts it.</param>
/// <param name="DecodeMs">Time from then to the last token.</param>
/// <param name="TokensPerSecond">Of this answer alone.</param>
/// <param name="Error">Its error; null where it answered.</param>
internal sealed record ServerReply(int OutputTokens, int InputTokens, double PromptMs, double DecodeMs, double TokensPerSecond, string? Error)
{
    /// <summary>The answer.</summary>
    public string Text { get; init; } = "";
}
