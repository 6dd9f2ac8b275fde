namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Waits that double from a shortest to a longest, jittered by a quarter up and down so that many workers spread out.</summary>
internal static class Backoff
{
    /// <summary>The wait after a number of vain attempts.</summary>
    /// <param name="attempts">Vain attempts so far, from 1.</param>
    /// <param name="shortest">Wait after the first.</param>
    /// <param name="longest">Longest wait, before the jitter.</param>
    public static TimeSpan After(int attempts, TimeSpan shortest, TimeSpan longest)
    {
        var doubled = shortest * Math.Pow(2, Math.Clamp(attempts - 1, 0, 30));
#pragma warning disable CA5394 // Jitter needs no secrecy.
        return (doubled < longest ? doubled : longest) * (0.75 + (0.5 * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }
}
