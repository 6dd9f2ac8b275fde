using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using BlobCaptioner.Cli.LocalStack;
using Xunit;

[assembly: AssemblyFixture(typeof(BlobCaptioner.Tests.LocalStack.AzuriteFixture))]

namespace BlobCaptioner.Tests.LocalStack;

/// <summary>
/// One real Azurite for the whole test run, in memory, on free ports, started by the first test that asks. Tests keep apart by
/// <see cref="UniqueName"/>. A test that stops, kills or restarts Azurite starts its own with <see cref="StartOwnAsync"/>.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly List<string> _folders = [];
    private AzuriteProcess? _shared;

    /// <summary>A name that no other test has, valid for containers and queues: <c>images-3f2a9c...</c>.</summary>
    public static string UniqueName(string role) => $"{role}-{Guid.NewGuid():N}"[..Math.Min(63, role.Length + 13)];

    /// <summary>The connection string of the shared Azurite, which is started now if it isn't running.</summary>
    public async Task<string> GetConnectionStringAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            _shared ??= await AzuriteProcess.StartAsync(new() { Ports = AzuritePorts.AnyFree }, progress: null, TimeProvider.System, cancellationToken);
            return _shared.ConnectionString;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Creates a container for a test.</summary>
    public async Task<BlobContainerClient> CreateContainerAsync(string role, CancellationToken cancellationToken)
    {
        var container = new BlobContainerClient(await GetConnectionStringAsync(cancellationToken), UniqueName(role));
        await container.CreateAsync(cancellationToken: cancellationToken);
        return container;
    }

    /// <summary>Creates a queue for a test, with base64 messages.</summary>
    public async Task<QueueClient> CreateQueueAsync(string role, CancellationToken cancellationToken)
    {
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        var queue = new QueueClient(await GetConnectionStringAsync(cancellationToken), UniqueName(role), options);
        await queue.CreateAsync(cancellationToken: cancellationToken);
        return queue;
    }

    /// <summary>Starts an Azurite for one test. The test disposes of it, and starts it again with the same options to see the same data.</summary>
    /// <param name="dataDirectory">Its folder, from <see cref="CreateFolder"/>; null keeps the data in memory.</param>
    /// <param name="ports">Ports of an earlier one, so that clients find it again; null takes free ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<AzuriteProcess> StartOwnAsync(string? dataDirectory, AzuritePorts? ports, CancellationToken cancellationToken) =>
        AzuriteProcess.StartAsync(
            new() { DataDirectory = dataDirectory, Ports = ports ?? AzuritePorts.AnyFree }, progress: null, TimeProvider.System, cancellationToken);

    /// <summary>A fresh, empty folder that is deleted after the run.</summary>
    public string CreateFolder()
    {
        var folder = Directory.CreateTempSubdirectory("captioner-test-").FullName;
        lock (_folders)
        {
            _folders.Add(folder);
        }

        return folder;
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_shared is not null)
        {
            await _shared.DisposeAsync();
        }

        _starting.Dispose();
        foreach (var folder in _folders)
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
