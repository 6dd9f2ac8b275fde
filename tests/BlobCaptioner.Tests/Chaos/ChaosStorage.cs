using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Tests.LocalStack;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>
/// An Azurite on disk that can be restarted. It saves before it ends, as the service that it stands for never forgets what it acknowledged; what was open is cut.
/// </summary>
internal sealed class ChaosStorage : IAsyncDisposable
{
    private readonly string _folder;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly List<string> _crashes = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;
    private AzuriteProcess _azurite;

    private ChaosStorage(string folder, AzuriteProcess azurite)
    {
        (_folder, _azurite, Ports) = (folder, azurite, azurite.Ports);
        _watching = WatchAsync();
    }

    /// <summary>Its ports, the same after each restart.</summary>
    public AzuritePorts Ports { get; }

    /// <summary>The way to it without faults.</summary>
    public string ConnectionString => Ports.ConnectionString;

    /// <summary>What Azurite wrote when it ended by itself.</summary>
    public IReadOnlyList<string> Crashes => _crashes;

    /// <summary>Starts it on an empty folder.</summary>
    public static async Task<ChaosStorage> StartAsync(string folder, CancellationToken cancellationToken) =>
        new(folder, await AzuriteFixture.StartOwnAsync(folder, ports: null, cancellationToken));

    /// <summary>Stops it, and starts it on the same data.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            await _azurite.DisposeAsync();
            _azurite = await AzuriteFixture.StartOwnAsync(_folder, Ports, cancellationToken);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>True if there is no message, visible or not, and no ticket; false also where storage does not answer.</summary>
    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var queue = await new QueueClient(ConnectionString, "captions").GetPropertiesAsync(cancellationToken);
            return queue.Value.ApproximateMessagesCount == 0
                && !await new BlobContainerClient(ConnectionString, "prepared").GetBlobsAsync(BlobTraits.None, BlobStates.None, "_", cancellationToken).AnyAsync(cancellationToken);
        }
        catch (Exception error) when (error is RequestFailedException or AggregateException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        await _azurite.DisposeAsync();
        _changing.Dispose();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            var watched = _azurite;
            await watched.Exited.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _changing.WaitAsync(CancellationToken.None);
            try
            {
                if (_stop.IsCancellationRequested)
                {
                    return;
                }

                if (ReferenceEquals(watched, _azurite))
                {
                    _crashes.Add($"Azurite ended by itself: {watched.LogTail}");
                    await _azurite.DisposeAsync();
                    _azurite = await AzuriteFixture.StartOwnAsync(_folder, Ports, _stop.Token);
                }
            }
            finally
            {
                _changing.Release();
            }
        }
    }
}
