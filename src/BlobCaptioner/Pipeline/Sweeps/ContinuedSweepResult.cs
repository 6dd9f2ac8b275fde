namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>What a <see cref="ContinuedSweep"/> found and did this time.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Summary">Over the part of the listing that it went through.</param>
public sealed record ContinuedSweepResult(SweepEnd End, SweepSummary Summary);
