using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace BlobCaptioner.Tests.Models;

/// <summary>An HTTP server on this machine that sends files by ranges, or lies, cuts and stalls as a test says. Real servers' libraries would not let it.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly ConcurrentQueue<ServedRequest> _requests = new();
    private readonly Task _accepting;
    private int _count;

    public FileServer()
    {
        Answer = Proper;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>File contents by path, such as <c>/a.gguf</c>.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>ETag of every file.</summary>
    public string Tag { get; set; } = "\"one\"";

    /// <summary>What is answered; <see cref="Proper"/> unless a test says otherwise.</summary>
    public Func<ServedRequest, ServedAnswer> Answer { get; set; }

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<ServedRequest> Requests => [.. _requests];

    /// <summary>Its address without a path.</summary>
    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>As a mirror.</summary>
    public string Mirror => Address + "/{file}";

    /// <summary>Never completes before the server's end: for answers that stall.</summary>
    public Task Forever { get; } = new TaskCompletionSource().Task;

    /// <summary>What an honest server with ranges and If-Range answers.</summary>
    public ServedAnswer Proper(ServedRequest request)
    {
        if (!Files.TryGetValue(request.Path, out var file))
        {
            return new() { Status = 404, Length = 0 };
        }

        var tagged = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["ETag"] = Tag, ["Accept-Ranges"] = "bytes" };
        if (request is not { From: { } from, To: { } last } || (request.Headers.TryGetValue("if-range", out var condition) && condition != Tag))
        {
            return new() { Status = 200, Headers = tagged, Body = file, Length = file.Length };
        }

        last = Math.Min(last, file.Length - 1);
        if (from > last)
        {
            return new ServedAnswer { Status = 416, Length = 0 }.With("Content-Range", $"bytes */{file.Length}");
        }

        var body = file.AsMemory((int)from, (int)(last + 1 - from));
        return new ServedAnswer { Status = 206, Headers = tagged, Body = body, Length = body.Length }.With("Content-Range", $"bytes {from}-{last}/{file.Length}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _over.Dispose();
    }

    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, cancellationToken) == 0)
            {
                return "";
            }

            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_over.Token)));
            }
        }
        catch (Exception ex) when (ex is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the end
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                while (await ReadHeadAsync(new BufferedStream(stream, 1), _over.Token) is { Length: > 0 } head)
                {
                    var answer = Answer(Parse(head));
                    var lines = answer.Headers.Select(h => $"{h.Key}: {h.Value}\r\n");
                    var length = answer.Length is { } told ? $"Content-Length: {told}\r\n" : "Connection: close\r\n";
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer.Status} Said\r\n{string.Concat(lines)}{length}\r\n"), _over.Token);
                    for (var i = 0; answer.Drip is { } drip && i < answer.Body.Length; i++)
                    {
                        await drip(_over.Token);
                        await stream.WriteAsync(answer.Body.Slice(i, 1), _over.Token);
                    }

                    await stream.WriteAsync(answer.Drip is null ? answer.Body : default, _over.Token);
                    if (answer.Hold is { } hold)
                    {
                        await hold.WaitAsync(_over.Token);
                    }

                    if (answer.Cut || answer.Length is null)
                    {
                        return;
                    }
                }
            }
            catch (Exception ex) when (ex is IOException or OperationCanceledException or SocketException)
            {
                // the client went away, or the test is over
            }
        }
    }

    private ServedRequest Parse(string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines[1..].Select(l => l.Split(": ", 2)).ToDictionary(p => p[0].ToLowerInvariant(), p => p[1], StringComparer.Ordinal);
        long? from = null, to = null;
        if (headers.TryGetValue("range", out var range))
        {
            var ends = range["bytes=".Length..].Split('-');
            (from, to) = (long.Parse(ends[0], CultureInfo.InvariantCulture), long.Parse(ends[1], CultureInfo.InvariantCulture));
        }

        var request = new ServedRequest(Interlocked.Increment(ref _count), lines[0].Split(' ')[1], from, to, headers);
        _requests.Enqueue(request);
        return request;
    }
}
