using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>The store of a running command, with its local Azurite if there is one.</summary>
public sealed class StoreSession : IAsyncDisposable
{
    private StoreSession(CaptionStorage storage, SpendCap cap, LocalAzurite? azurite, string? dataDirectory)
    {
        (Storage, Cap) = (storage, cap);
        DataDirectory = dataDirectory;
        Azurite = azurite;
    }

    /// <summary>The containers and queues.</summary>
    public CaptionStorage Storage { get; }

    /// <summary>The day's budget, by the environment variables <c>Budget__PerDay__...</c>.</summary>
    public SpendCap Cap { get; }

    /// <summary>The local Azurite; null if the store was given by its connection.</summary>
    public LocalAzurite? Azurite { get; }

    /// <summary>Data folder of the local Azurite; null if the store was given by its connection.</summary>
    public string? DataDirectory { get; }

    /// <summary>Opens the store, and starts Azurite if needed.</summary>
    /// <param name="choice">The store.</param>
    /// <param name="progress">Receives messages for people about steps that take long.</param>
    /// <param name="create">True creates missing containers and queues.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="UsageException">The connection string, or a setting of the budget, is not valid.</exception>
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

            return new(storage, CaptionServices.ReadSpendCap(new ConfigurationBuilder().AddEnvironmentVariables().Build(), storage, time), azurite, choice.Connection is null ? choice.DataDirectory : null);
        }
        catch (SettingsException wrong)
        {
            await (azurite?.DisposeAsync() ?? default);
            throw new UsageException(wrong.Message, wrong);
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

    /// <summary>Opens a store that must exist already.</summary>
    /// <exception cref="UsageException">It does not exist, or has no container for images.</exception>
    public static async Task<StoreSession> OpenExistingAsync(StoreChoice choice, IProgress<string>? progress, TimeProvider time, CancellationToken cancellationToken)
    {
        if (choice.Connection is null && !Directory.Exists(choice.DataDirectory))
        {
            throw new UsageException($"There is no store in '{choice.DataDirectory}' yet: 'captioner up' creates one. Or name another with --data or --connection.");
        }

        var store = await OpenAsync(choice, progress, create: false, time, cancellationToken);
        try
        {
            return await store.Storage.Images.ExistsAsync(cancellationToken)
                ? store
                : throw new UsageException($"The store has no container '{choice.Names.ImagesContainer}' yet: 'captioner up' and 'captioner upload DIR' create it.");
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes what was spent, and stops Azurite if this process started it.</summary>
    public async ValueTask DisposeAsync()
    {
        await Cap.DisposeAsync();
        if (Azurite is not null)
        {
            await Azurite.DisposeAsync();
        }
    }
}

/// <summary>The store of a command.</summary>
public sealed record StoreChoice
{
    /// <summary>Connection string or address of the store; null for the Azurite of <see cref="DataDirectory"/>.</summary>
    public required string? Connection { get; init; }

    /// <summary>Full path of the local data folder; unused if <see cref="Connection"/> is set.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Names of containers and queues.</summary>
    public required StorageOptions Names { get; init; }
}
