using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>What became of an image at intake, and why.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Error">Why; only for <see cref="IntakeResult.Rejected"/> and <see cref="IntakeResult.Blocked"/>.</param>
public sealed record IntakeOutcome(IntakeResult Result, RecordError? Error = null)
{
    /// <summary>True where it was the last view of its product to end, and the product's job is in the queue now.</summary>
    public bool ProductEnqueued { get; init; }
}
