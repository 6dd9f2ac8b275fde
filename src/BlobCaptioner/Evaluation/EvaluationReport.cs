namespace BlobCaptioner.Evaluation;

/// <summary>Records compared with known attributes.</summary>
public sealed record EvaluationReport
{
    /// <summary>Rows of the truth file.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows without a record, or with one that is not described. They count nowhere else.</summary>
    public required long Missing { get; init; }

    /// <summary>The attributes, in the truth file's order.</summary>
    public required IReadOnlyList<FieldScore> Fields { get; init; }

    /// <summary>Rows with a record all of whose known attributes are right.</summary>
    public required long AllCorrect { get; init; }

    /// <summary>Ten bins of confidence. Values that the catalogue supplied have none and don't count.</summary>
    public required IReadOnlyList<CalibrationBin> Calibration { get; init; }

    /// <summary>
    /// Expected calibration error: the bins' distances of mean confidence and accuracy, weighted by their counts, 0 (perfect) to 1; null without answers.
    /// Source: Naeini, Cooper, Hauskrecht, AAAI 2015, https://doi.org/10.1609/aaai.v29i1.9602.
    /// </summary>
    public required double? ExpectedCalibrationError { get; init; }
}
