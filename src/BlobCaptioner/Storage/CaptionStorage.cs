using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Storage;

/// <summary>The containers and queues of a captioner.</summary>
public sealed class CaptionStorage
{
    private readonly Func<HttpPipelinePolicy?, (BlobServiceClient Blobs, QueueServiceClient Queues)> _connect;

    private CaptionStorage(
        StorageOptions options, Func<HttpPipelinePolicy?, (BlobServiceClient Blobs, QueueServiceClient Queues)> connect, HttpPipelinePolicy? policy = null)
    {
        (Options, _connect) = (options, connect);
        var (blobs, queues) = connect(policy);
        Images = blobs.GetBlobContainerClient(options.ImagesContainer);
        Prepared = blobs.GetBlobContainerClient(options.PreparedContainer);
        Captions = queues.GetQueueClient(options.CaptionsQueue);
        Intake = queues.GetQueueClient(options.IntakeQueue);
        Poison = queues.GetQueueClient(options.PoisonQueue);
        Kept = queues.GetQueueClient(options.KeptQueue);
    }

    /// <summary>The options that it was connected with.</summary>
    public StorageOptions Options { get; }

    /// <summary>The user's images, and the caption records beside them.</summary>
    public BlobContainerClient Images { get; }

    /// <summary>Prepared images and tickets of jobs.</summary>
    public BlobContainerClient Prepared { get; }

    /// <summary>Caption jobs.</summary>
    public QueueClient Captions { get; }

    /// <summary>Images of a function app whose intake failed and is tried again.</summary>
    public QueueClient Intake { get; }

    /// <summary>Messages that were given up.</summary>
    public QueueClient Poison { get; }

    /// <summary>Poison messages of a function app that belong to no record. The queue is created with its first message.</summary>
    public QueueClient Kept { get; }

    /// <summary>True where requests are signed with the account's key, which permits everything; an identity's roles may permit less.</summary>
    public bool HasAccountKey => Images.CanGenerateSasUri;

    /// <summary>Connects to a storage account or to Azurite; makes no request.</summary>
    /// <param name="connection">
    /// A connection string, <c>UseDevelopmentStorage=true</c>, or an account's blob address (<c>https://ACCOUNT.blob.core.windows.net</c>),
    /// for which <see cref="DefaultAzureCredential"/> signs in.
    /// </param>
    /// <param name="options">Names and retries; null takes the defaults.</param>
    /// <param name="transport">What carries the requests; null takes the SDK's own.</param>
    /// <exception cref="ArgumentException"><paramref name="connection"/> is none of these.</exception>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    public static CaptionStorage Connect(string connection, StorageOptions? options = null, HttpPipelineTransport? transport = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connection);
        if (!Uri.TryCreate(connection, UriKind.Absolute, out var account) || account.Scheme is not ("https" or "http"))
        {
            try
            {
                var names = Check(options);
                return new(names, policy => (
                    new(connection, Configure(BlobOptions(), names, transport, policy)), new(connection, Configure(QueueOptions(), names, transport, policy))));
            }
            catch (FormatException error)
            {
                throw new ArgumentException(
                    "The connection is neither a storage connection string (DefaultEndpointsProtocol=...;AccountName=...;AccountKey=...), "
                    + "nor UseDevelopmentStorage=true, nor an address like https://ACCOUNT.blob.core.windows.net.",
                    nameof(connection),
                    error);
            }
        }

        if (!account.Host.Contains(".blob.", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException(
                $"'{account}' is not the blob address of a storage account. Give it as https://ACCOUNT.blob.core.windows.net, or use a connection string.",
                nameof(connection));
        }

        var queueAccount = new UriBuilder(account) { Host = account.Host.Replace(".blob.", ".queue.", StringComparison.OrdinalIgnoreCase) }.Uri;
        return Connect(account, queueAccount, new DefaultAzureCredential(), options, transport);
    }

    /// <summary>Connects to a storage account by its addresses; makes no request.</summary>
    /// <param name="blobService">The account's blob address, <c>https://ACCOUNT.blob.core.windows.net</c>.</param>
    /// <param name="queueService">The account's queue address, <c>https://ACCOUNT.queue.core.windows.net</c>.</param>
    /// <param name="credential">Credential of an identity with the roles Storage Blob Data Contributor and Storage Queue Data Contributor.</param>
    /// <param name="options">Names and retries; null takes the defaults.</param>
    /// <param name="transport">What carries the requests; null takes the SDK's own.</param>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    public static CaptionStorage Connect(
        Uri blobService, Uri queueService, TokenCredential credential, StorageOptions? options = null, HttpPipelineTransport? transport = null)
    {
        var names = Check(options);
        return new(names, policy => (
            new(blobService, credential, Configure(BlobOptions(), names, transport, policy)),
            new(queueService, credential, Configure(QueueOptions(), names, transport, policy))));
    }

    /// <summary>The same storage, whose requests wait until an outage is over, for up to <see cref="StorageOptions.OutageTolerance"/>.</summary>
    /// <param name="time">Clock of the waits.</param>
    /// <param name="onWait">Called with the error before each wait.</param>
    internal CaptionStorage WaitingOut(TimeProvider time, Action<Exception> onWait) =>
        new(Options, _connect, new OutagePolicy(StorageOutage.CreateRetry(Options, time, onWait)));

    /// <summary>Creates the containers and queues that are missing.</summary>
    public async Task CreateIfNotExistsAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(
            Images.CreateIfNotExistsAsync(cancellationToken: cancellationToken),
            Prepared.CreateIfNotExistsAsync(cancellationToken: cancellationToken),
            Captions.CreateIfNotExistsAsync(cancellationToken: cancellationToken),
            Intake.CreateIfNotExistsAsync(cancellationToken: cancellationToken),
            Poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken));
    }

    private static StorageOptions Check(StorageOptions? options) => new StorageOptionsValidator().Require(options ?? new());

    // A name that begins or ends with a slash is another blob's without it.
    private static BlobClientOptions BlobOptions() => new() { TrimBlobNameSlashes = false };

    // CaptionMessage encodes and decodes base64. With the SDK's decoding, one bad message makes the whole receive fail, or is hidden.
    private static QueueClientOptions QueueOptions() => new() { MessageEncoding = QueueMessageEncoding.None };

    private static T Configure<T>(T client, StorageOptions options, HttpPipelineTransport? transport, HttpPipelinePolicy? policy)
        where T : ClientOptions
    {
        client.Retry.Mode = RetryMode.Exponential;
        client.Retry.MaxRetries = options.MaxRetries;
        client.Retry.Delay = options.RetryDelay;
        client.Retry.MaxDelay = options.MaxRetryDelay;
        client.Retry.NetworkTimeout = options.NetworkTimeout;
        client.Diagnostics.IsLoggingContentEnabled = false;
        if (policy is not null)
        {
            client.AddPolicy(policy, HttpPipelinePosition.PerCall);
        }

        client.AddPolicy(new ListingXmlPolicy(), HttpPipelinePosition.PerCall);
        if (transport is not null)
        {
            client.Transport = transport;
        }

        return client;
    }
}

/// <summary>ETags as text without quotes, since listings and headers quote them differently.</summary>
internal static class ETagText
{
    public static string Plain(this Azure.ETag etag) => etag.ToString().Trim('"');
}
