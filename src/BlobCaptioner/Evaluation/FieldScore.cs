namespace BlobCaptioner.Evaluation;

/// <summary>How good one attribute is.</summary>
public sealed record FieldScore
{
    /// <summary>The attribute.</summary>
    public required string Field { get; init; }

    /// <summary>Pictures whose truth is known and that have a record.</summary>
    public required long Known { get; init; }

    /// <summary>Of these, those with a value that is not unknown.</summary>
    public required long Answered { get; init; }

    /// <summary>Of these, those that are exactly right: the same set of values, whatever their case and order.</summary>
    public required long Correct { get; init; }

    /// <summary>Mean F1 over the known ones, an unknown counting 0: gives part of the credit where a list is partly right.</summary>
    public required double F1 { get; init; }

    /// <summary><see cref="Correct"/> of <see cref="Known"/>, 0 to 1; null where none is known.</summary>
    public double? ExactMatch => Known > 0 ? (double)Correct / Known : null;

    /// <summary><see cref="Correct"/> of <see cref="Answered"/>, 0 to 1; null where none is answered.</summary>
    public double? Precision => Answered > 0 ? (double)Correct / Answered : null;

    /// <summary><see cref="Answered"/> of <see cref="Known"/>, 0 to 1; null where none is known.</summary>
    public double? Coverage => Known > 0 ? (double)Answered / Known : null;
}
