namespace BlobCaptioner.Benchmarks.Images;

/// <summary>What one contender took for one set of pictures.</summary>
/// <param name="Wall">Time on the clock, without start-up.</param>
/// <param name="Processor">Processor time of all its threads, without start-up.</param>
/// <param name="PeakBytes">Most resident memory of its process, start-up included.</param>
internal sealed record Measurement(TimeSpan Wall, TimeSpan Processor, long PeakBytes)
{
    public double PerCore(int pictures) => pictures / Processor.TotalSeconds;

    public double PerSecond(int pictures) => pictures / Wall.TotalSeconds;
}
