namespace BlobCaptioner.Evaluation;

/// <summary>Answers whose confidence lies in one range, all attributes together.</summary>
/// <param name="From">Least confidence, included.</param>
/// <param name="To">Most confidence, excluded but for 1.</param>
/// <param name="Count">Answers.</param>
/// <param name="MeanConfidence">Their mean confidence; null for none.</param>
/// <param name="Accuracy">The part that is right, 0 to 1; null for none. Where confidence can be trusted it is near the mean confidence.</param>
public sealed record CalibrationBin(double From, double To, long Count, double? MeanConfidence, double? Accuracy);
