namespace BlobCaptioner.Web.Api;

/// <summary>One moment of a batch.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="PicturesPerMinute">Pictures described in the minute before.</param>
/// <param name="TokensPerSecond">Tokens written in each second of it.</param>
/// <param name="Queue">Jobs in the queue and in work.</param>
public sealed record BatchPoint(DateTimeOffset At, double PicturesPerMinute, double TokensPerSecond, int Queue);
