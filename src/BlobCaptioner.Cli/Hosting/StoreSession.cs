using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>A store for as long as a command runs, with the Azurite that serves it where that is ours to run.</summary>
public sealed class StoreSession : IAsyncDisposable
{
    private StoreSession(CaptionStorage storage, LocalAzurite? azurite, string? dataDirectory)
    {
        Storage = storage;
        DataDirectory = dataDirectory;
        Azurite = azurite;
    }

    /// <summary>The containers and queues.</summary>
    public CaptionStorage Storage { get; }

    /// <summary>The local Azurite; null where the store was named by its connection.</summary>
    public LocalAzurite? Azurite { get; }

    /// <summary>Where the local Azurite keeps it; null where the store was named by its connection.</summary>
    public string? DataDirectory { get; }

    /// <summary>Opens it, starting Azurite where needed.</summary>
    /// <param name="choice">Which store.</param>
    /// <param name="progress">Told what takes long, for people.</param>
    /// <param name="create">True makes the containers and queues that are missing.</param>
    /// <param name="time">Time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UsageException">The connection is none.</exception>
    /// <exception cref="LocalStackException">Azurite could not be started.</exception>
    public static async Task<StoreSession> OpenAsync(
        StoreChoice choice, IProgress<string>? progress, bool create, TimeProvider time, CancellationToken cancellationToken)
    {
        var azurite = choice.Connection is null
            ? await LocalAzurite.OpenAsync(choice.DataDirectory, progress, time, cancellationToken)
            : null;
        try
        {
            var storage = CaptionStorage.Connect(choice.Connection ?? azurite!.ConnectionString, choice.Names);
            if (create)
            {
                await storage.CreateIfNotExistsAsync(cancellationToken);
            }

            return new(storage, azurite, choice.Connection is null ? choice.DataDirectory : null);
        }
        catch (ArgumentException ex)
        {
            throw new UsageException($"--connection: {ex.Message}", ex);
        }
        catch when (azurite is not null)
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops Azurite if this process started it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Azurite is not null)
        {
            await Azurite.DisposeAsync();
        }
    }
}
