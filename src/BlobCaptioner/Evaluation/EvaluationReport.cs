namespace BlobCaptioner.Evaluation;

/// <summary>Result of comparing records with known attributes.</summary>
public sealed record EvaluationReport
{
    /// <summary>Rows of the truth file.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows without a described record. They count nowhere else.</summary>
    public required long Missing { get; init; }

    /// <summary>The attributes, in the truth file's order.</summary>
    public required IReadOnlyList<FieldScore> Fields { get; init; }

    /// <summary>Rows whose record has all known attributes right.</summary>
    public required long AllCorrect { get; init; }

    /// <summary>Ten bins of confidence. Values from the catalogue have no confidence and don't count.</summary>
    public required IReadOnlyList<CalibrationBin> Calibration { get; init; }

    /// <summary>
    /// Expected calibration error: mean distance between confidence and accuracy over the bins, weighted by their counts; 0 (perfect) to 1, null without answers.
    /// Source: Naeini, Cooper, Hauskrecht, AAAI 2015, https://doi.org/10.1609/aaai.v29i1.9602.
    /// </summary>
    public required double? ExpectedCalibrationError { get; init; }
}

/// <summary>Scores of one attribute.</summary>
public sealed record FieldScore
{
    /// <summary>Name of the attribute.</summary>
    public required string Field { get; init; }

    /// <summary>Records whose true value is known.</summary>
    public required long Known { get; init; }

    /// <summary>Of these, those with a value other than unknown.</summary>
    public required long Answered { get; init; }

    /// <summary>Of these, those that are exactly right: the same set of values, regardless of letter case and order.</summary>
    public required long Correct { get; init; }

    /// <summary>Mean F1 over <see cref="Known"/>, where unknown counts as 0. A partly right list gets partial credit.</summary>
    public required double F1 { get; init; }

    /// <summary><see cref="Correct"/> of <see cref="Known"/>, 0 to 1; null where none is known.</summary>
    public double? ExactMatch => Known > 0 ? (double)Correct / Known : null;

    /// <summary><see cref="Correct"/> of <see cref="Answered"/>, 0 to 1; null where none is answered.</summary>
    public double? Precision => Answered > 0 ? (double)Correct / Answered : null;

    /// <summary><see cref="Answered"/> of <see cref="Known"/>, 0 to 1; null where none is known.</summary>
    public double? Coverage => Known > 0 ? (double)Answered / Known : null;
}

/// <summary>Answers of all attributes whose confidence lies in one range.</summary>
/// <param name="From">Lower end, included.</param>
/// <param name="To">Upper end, excluded unless it is 1.</param>
/// <param name="Count">Answers.</param>
/// <param name="MeanConfidence">Their mean confidence; null for none.</param>
/// <param name="Accuracy">Share that is right, 0 to 1; null for none. With good calibration it is close to the mean confidence.</param>
public sealed record CalibrationBin(double From, double To, long Count, double? MeanConfidence, double? Accuracy);
