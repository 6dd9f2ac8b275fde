namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>A queue with its messages in the order of their insertion.</summary>
internal sealed class StoredQueue
{
    public List<StoredMessage> Messages { get; } = [];
}

/// <summary>A message in a queue.</summary>
internal sealed class StoredMessage
{
    public required string Id { get; init; }

    public required DateTimeOffset Inserted { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public required string Text { get; set; }

    /// <summary>The only receipt that counts: each delivery and each update gives a new one.</summary>
    public required string PopReceipt { get; set; }

    public required DateTimeOffset VisibleAt { get; set; }

    public int Dequeued { get; set; }
}
