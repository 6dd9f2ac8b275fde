namespace BlobCaptioner.Web.Api;

/// <summary>Status of this server.</summary>
/// <param name="Container">The container's name.</param>
/// <param name="MaxMegabytes">Largest picture, in megabytes of 1,000,000 bytes.</param>
/// <param name="MaxMegapixels">Most pixels of a picture, in millions.</param>
/// <param name="Profile">The profile of folders without settings.</param>
/// <param name="ExportFormats">Formats of exports.</param>
/// <param name="IsIndexComplete">True once the container was listed.</param>
/// <param name="Batch">Progress of the batch.</param>
/// <param name="Model">Name of the model; null if the server has none.</param>
/// <param name="Person">Name of the person that the platform signed in; null without platform sign-in.</param>
public sealed record ServerStatus(
    string Container, int MaxMegabytes, int MaxMegapixels, string Profile, IReadOnlyList<string> ExportFormats, bool IsIndexComplete, BatchStatus Batch,
    string? Model = null, string? Person = null);

/// <summary>Progress of the batch.</summary>
/// <param name="Queue">Jobs in the queue and in work, by storage's approximate count.</param>
/// <param name="Poison">Messages in the poison queue.</param>
/// <param name="PicturesPerMinute">Pictures described in the last minute.</param>
/// <param name="TokensPerSecond">Output tokens a second, over the last minute.</param>
/// <param name="Points">The last ten minutes, every five seconds, the oldest first.</param>
/// <param name="SecondsLeft">Seconds until the queue is empty at this rate; null if the queue is empty or nothing was described.</param>
/// <param name="Paused">Why no pictures are sent: a cap of the day's budget; null where they are.</param>
public sealed record BatchStatus(
    int Queue, int Poison, double PicturesPerMinute, double TokensPerSecond, IReadOnlyList<BatchPoint> Points, double? SecondsLeft = null, string? Paused = null);

/// <summary>One moment of a batch.</summary>
/// <param name="At">Time, UTC.</param>
/// <param name="PicturesPerMinute">Pictures described in the minute before it.</param>
/// <param name="TokensPerSecond">Output tokens a second in that minute.</param>
/// <param name="Queue">Jobs in the queue and in work.</param>
public sealed record BatchPoint(DateTimeOffset At, double PicturesPerMinute, double TokensPerSecond, int Queue);
