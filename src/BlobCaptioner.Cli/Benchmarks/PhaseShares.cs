namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>Where the engine's time went; the three add up to 1.</summary>
/// <param name="Encode">In the vision tower.</param>
/// <param name="Prefill">Reading prompts and pictures.</param>
/// <param name="Decode">Writing answers, sampling included.</param>
public sealed record PhaseShares(double Encode, double Prefill, double Decode);
