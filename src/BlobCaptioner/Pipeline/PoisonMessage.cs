namespace BlobCaptioner.Pipeline;

/// <summary>What lies in the poison queue.</summary>
public sealed record PoisonMessage
{
    /// <summary>Short stable code of the reason.</summary>
    public required string Code { get; init; }

    /// <summary>The reason.</summary>
    public required string Reason { get; init; }

    /// <summary>The job; null where the message could not be read.</summary>
    public CaptionJob? Job { get; init; }

    /// <summary>The message's text as it came, cut to 8,000 characters; null where <see cref="Job"/> says it all.</summary>
    public string? Text { get; init; }

    /// <summary>When it was given up, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}
