using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Exports;

/// <summary>A record as it is to be published: a person's edits stand in place of the model's words.</summary>
public sealed record EffectiveRecord
{
    private EffectiveRecord(CaptionRecord record, RecordReview review) => (Record, Review) = (record, review);

    /// <summary>The record, edits applied. An edited attribute is <see cref="Evidence.Supplied"/>, without a confidence.</summary>
    public CaptionRecord Record { get; }

    /// <summary>What a person decided.</summary>
    public RecordReview Review { get; }

    /// <summary>True where a person approved it.</summary>
    public bool IsApproved => string.Equals(Review.State, RecordReview.Approved, StringComparison.OrdinalIgnoreCase);

    /// <summary>True where a person rejected it.</summary>
    public bool IsRejected => string.Equals(Review.State, RecordReview.Rejected, StringComparison.OrdinalIgnoreCase);

    /// <summary>Applies the review to a record.</summary>
    public static EffectiveRecord Of(CaptionRecord record)
    {
        var review = RecordReview.Read(record.Review);
        return review.HasEdits
            ? new(record with { Copy = RecordCopy.Merge(record.Copy, review.Edits.Copy), Attributes = Merge(record.Attributes, review.Edits.Attributes) }, review)
            : new(record, review);
    }

    /// <summary>True where a person wrote this text.</summary>
    public bool IsEdited(string language, string field) => Review.Edits.Copy.TryGetValue(language, out var edited) && edited.ContainsKey(field);

    private static Dictionary<string, RecordAttribute> Merge(IReadOnlyDictionary<string, RecordAttribute> attributes, IReadOnlyDictionary<string, CopyValue> edits)
    {
        var merged = new Dictionary<string, RecordAttribute>(attributes, StringComparer.Ordinal);
        foreach (var (name, value) in edits)
        {
            merged[name] = value.Items.All(string.IsNullOrWhiteSpace)
                ? new(null, null) { Evidence = Evidence.Unknown }
                : new(value, null) { Evidence = Evidence.Supplied };
        }

        return merged;
    }
}
