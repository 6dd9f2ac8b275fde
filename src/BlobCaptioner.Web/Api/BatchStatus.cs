namespace BlobCaptioner.Web.Api;

/// <summary>How the work goes.</summary>
public sealed record BatchStatus
{
    /// <summary>Jobs in the queue and in work, as storage counts them.</summary>
    public required int Queue { get; init; }

    /// <summary>Messages that were given up.</summary>
    public required int Poison { get; init; }

    /// <summary>Pictures described in the last minute.</summary>
    public required double PicturesPerMinute { get; init; }

    /// <summary>Tokens written in each second of the last minute.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Seconds until the queue is empty at this rate; null where nothing moves or nothing is left.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>The last ten minutes, every five seconds, the oldest first.</summary>
    public required IReadOnlyList<BatchPoint> Points { get; init; }
}
