using BlobCaptioner.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Settings;

/// <summary>
/// Creates the containers and queues that are missing, so that a function app needs no more than Azurite or an empty account and its key.
/// An identity is asked for nothing: on Azure it may use containers and queues and not make them, and infra has made them.
/// Trouble does not keep the app from starting: whatever needs them says so, and is tried again.
/// </summary>
internal sealed partial class StorageSetup(CaptionStorage storage, ILogger<StorageSetup> logger) : IHostedService
{
    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!storage.HasAccountKey)
        {
            return;
        }

        try
        {
            await storage.CreateIfNotExistsAsync(cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            NotCreated(error, storage.Images.AccountName);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(130, LogLevel.Warning, "The containers and queues in storage account '{Account}' could not be looked at or created")]
    private partial void NotCreated(Exception error, string account);
}
