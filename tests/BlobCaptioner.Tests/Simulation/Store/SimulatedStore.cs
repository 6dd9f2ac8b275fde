using System.Globalization;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>
/// A storage account in memory. It speaks what this project uses of the Blob and Queue REST APIs, as Azure documents them; what it doesn't know it refuses with
/// <see cref="NotSupportedException"/>. <see cref="Facts.StorageFacts"/> holds it to Azurite. One thread at a time.
/// </summary>
internal sealed class SimulatedStore
{
    private readonly TimeProvider _time;

    /// <param name="time">The service's clock.</param>
    /// <param name="dice">ETags, ids, receipts and disorder.</param>
    public SimulatedStore(TimeProvider time, Dice dice)
    {
        _time = time;
        Blobs = new(time, dice.Of("blobs"));
        Queues = new(time, dice.Of("queues"));
    }

    public BlobService Blobs { get; }

    public QueueService Queues { get; }

    /// <summary>Connects to the account through a transport that ends at <see cref="Answer"/>.</summary>
    /// <param name="transport">Carries the requests.</param>
    /// <param name="options">Names. The SDK's own retries are off: they wait in real time.</param>
    public static CaptionStorage Connect(Azure.Core.Pipeline.HttpPipelineTransport transport, StorageOptions? options = null) => CaptionStorage.Connect(
        "DefaultEndpointsProtocol=http;AccountName=simulated;AccountKey=c2ltdWxhdGVk;BlobEndpoint=http://simulated.blob.local;QueueEndpoint=http://simulated.queue.local",
        (options ?? new()) with { MaxRetries = 0, NetworkTimeout = TimeSpan.FromDays(1) },
        transport);

    /// <summary>Creates the containers and queues without requests.</summary>
    public void Create(StorageOptions names)
    {
        Blobs.Add(names.ImagesContainer);
        Blobs.Add(names.PreparedContainer);
        Queues.Add(names.CaptionsQueue);
        Queues.Add(names.PoisonQueue);
        Queues.Add(names.IntakeQueue);
    }

    /// <summary>Applies a request and answers it.</summary>
    public StoreResponse Answer(StoreRequest request)
    {
        var answer = request.IsQueue ? Queues.Answer(request) : Blobs.Answer(request);
        answer.ClientRequestId = request.ClientRequestId;
        answer.With("Date", Time(_time.GetUtcNow())).With("x-ms-version", "2026-02-06");
        return request.Method == Azure.Core.RequestMethod.Head ? answer.WithoutBody() : answer;
    }

    /// <summary>A time as HTTP carries it, in whole seconds.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Refuses a request that the model doesn't speak, so that code which begins to use it is noticed.</summary>
    public static NotSupportedException Unknown(StoreRequest request) =>
        new($"The simulated store doesn't speak {request.Method} {request.Uri.Path}{request.Uri.Query}. Teach it, with a test in StorageFacts.");
}
