namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>How a <see cref="ContinuedSweep"/> ended.</summary>
public enum SweepEnd
{
    /// <summary>It reached the listing's end; the next one begins at the start.</summary>
    Complete,

    /// <summary>Its time was up; the next one goes on where it stopped.</summary>
    OutOfTime,

    /// <summary>Another one is at it; nothing was done.</summary>
    Busy,
}
