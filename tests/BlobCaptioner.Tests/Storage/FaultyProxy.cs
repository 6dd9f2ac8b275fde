using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace BlobCaptioner.Tests.Storage;

/// <summary>
/// A TCP proxy in front of Azurite's blob and queue ports that can answer 503, cut connections in the middle, or refuse, for as long as a test says.
/// </summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _blob = new(IPAddress.Loopback, 0);
    private readonly TcpListener _queue = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly List<Task> _accepting;
    private readonly string _connection;
    private readonly int _queuePort;
    private int _faults;
    private volatile Fault _fault;

    public FaultyProxy(string azurite)
    {
        _blob.Start();
        _queue.Start();
        var parts = azurite.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1], StringComparer.Ordinal);
        var (blob, queue) = (new Uri(parts["BlobEndpoint"]), new Uri(parts["QueueEndpoint"]));
        parts["BlobEndpoint"] = new UriBuilder(blob) { Host = "127.0.0.1", Port = PortOf(_blob) }.Uri.ToString();
        parts["QueueEndpoint"] = new UriBuilder(queue) { Host = "127.0.0.1", Port = PortOf(_queue) }.Uri.ToString();
        _connection = string.Join(';', parts.Select(p => $"{p.Key}={p.Value}"));
        _queuePort = queue.Port;
        _accepting = [AcceptAsync(_blob, blob.Port), AcceptAsync(_queue, queue.Port)];
    }

    public enum Fault
    {
        None,
        ServiceUnavailable,
        CutAfterTheRequest,

        /// <summary>Queues take connections and answer nothing until the next <see cref="Set"/>, which cuts them; blobs work.</summary>
        SilentQueues,
    }

    public string ConnectionString => _connection;

    /// <summary>Requests and connections that were spoiled so far.</summary>
    public int Faults => _faults;

    /// <summary>From now on; connections that are open are cut.</summary>
    public void Set(Fault fault)
    {
        _fault = fault;
        foreach (var client in _open.Keys)
        {
            client.Client?.Close(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _blob.Dispose();
        _queue.Dispose();
        Set(Fault.None);
        await Task.WhenAll(_accepting);
        _stop.Dispose();
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private async Task AcceptAsync(TcpListener listener, int port)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(_stop.Token), port);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client, int port)
    {
        using var near = client;
        using var far = new TcpClient();
        _open[near] = 0;
        try
        {
            var here = near.GetStream();
            switch (_fault)
            {
                case Fault.SilentQueues when port == _queuePort:
                    Interlocked.Increment(ref _faults);
                    while (await here.ReadAsync(new byte[16384], _stop.Token) > 0)
                    {
                    }

                    return;
                case Fault.ServiceUnavailable:
                    Interlocked.Increment(ref _faults);
                    _ = await here.ReadAsync(new byte[16384], _stop.Token);
                    await here.WriteAsync("HTTP/1.1 503 Server Busy\r\nx-ms-error-code: ServerBusy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), _stop.Token);
                    return;
                case Fault.CutAfterTheRequest:
                    // The worst kind: the service does what it was asked, and the answer never comes.
                    Interlocked.Increment(ref _faults);
                    await far.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                    var request = new byte[1 << 20];
                    var length = await here.ReadAsync(request, _stop.Token);
                    await far.GetStream().WriteAsync(request.AsMemory(0, length), _stop.Token);
                    _ = await far.GetStream().ReadAsync(new byte[1], _stop.Token).AsTask().WaitAsync(TimeSpan.FromMilliseconds(300), _stop.Token);
                    return;
                default:
                    await far.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                    await Task.WhenAny(here.CopyToAsync(far.GetStream(), _stop.Token), far.GetStream().CopyToAsync(here, _stop.Token));
                    return;
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException or ObjectDisposedException or TimeoutException)
        {
        }
        finally
        {
            _open.TryRemove(near, out _);
            near.Client?.Close(0);
        }
    }
}
