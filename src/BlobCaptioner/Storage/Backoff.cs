namespace BlobCaptioner.Storage;

/// <summary>Exponential backoff, jittered by a quarter up and down so that many workers spread out.</summary>
internal static class Backoff
{
    /// <summary>The wait after a number of failed attempts.</summary>
    /// <param name="attempts">Failed attempts, from 1.</param>
    /// <param name="shortest">Wait after the first; it doubles with each.</param>
    /// <param name="longest">Longest wait, before the jitter.</param>
    public static TimeSpan After(int attempts, TimeSpan shortest, TimeSpan longest)
    {
        var doubled = shortest * Math.Pow(2, Math.Clamp(attempts - 1, 0, 30));
        return (doubled < longest ? doubled : longest) * (0.75 + (0.5 * Jitter.Next()));
    }
}
