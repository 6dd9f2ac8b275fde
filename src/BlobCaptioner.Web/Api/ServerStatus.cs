namespace BlobCaptioner.Web.Api;

/// <summary>Status of this server.</summary>
public sealed record ServerStatus
{
    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>Name of the model; null if the server has none.</summary>
    public string? Model { get; init; }

    /// <summary>Largest picture, in megabytes of 1,000,000 bytes.</summary>
    public required int MaxMegabytes { get; init; }

    /// <summary>Most pixels of a picture, in millions.</summary>
    public required int MaxMegapixels { get; init; }

    /// <summary>Name of the person that the platform signed in; null without platform sign-in.</summary>
    public string? Person { get; init; }

    /// <summary>The profile of folders without settings.</summary>
    public required string Profile { get; init; }

    /// <summary>Formats of exports.</summary>
    public required IReadOnlyList<string> ExportFormats { get; init; }

    /// <summary>True once the container was listed.</summary>
    public required bool IsIndexComplete { get; init; }

    /// <summary>Progress of the batch.</summary>
    public required BatchStatus Batch { get; init; }
}

/// <summary>Progress of the batch.</summary>
/// <param name="Queue">Jobs in the queue and in work, by storage's approximate count.</param>
/// <param name="Poison">Messages in the poison queue.</param>
/// <param name="PicturesPerMinute">Pictures described in the last minute.</param>
/// <param name="TokensPerSecond">Output tokens a second, over the last minute.</param>
/// <param name="Points">The last ten minutes, every five seconds, the oldest first.</param>
/// <param name="SecondsLeft">Seconds until the queue is empty at this rate; null if the queue is empty or nothing was described.</param>
public sealed record BatchStatus(
    int Queue, int Poison, double PicturesPerMinute, double TokensPerSecond, IReadOnlyList<BatchPoint> Points, double? SecondsLeft = null);

/// <summary>One moment of a batch.</summary>
/// <param name="At">Time, UTC.</param>
/// <param name="PicturesPerMinute">Pictures described in the minute before it.</param>
/// <param name="TokensPerSecond">Output tokens a second in that minute.</param>
/// <param name="Queue">Jobs in the queue and in work.</param>
public sealed record BatchPoint(DateTimeOffset At, double PicturesPerMinute, double TokensPerSecond, int Queue);
