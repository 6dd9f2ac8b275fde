using BlobCaptioner.Records;

namespace BlobCaptioner.Exports;

/// <summary>What to export.</summary>
public sealed record ExportOptions
{
    /// <summary>The format.</summary>
    public required ExportFormat Format { get; init; }

    /// <summary>Where pictures are reached: their names follow it, percent-encoded. Of the container itself by default: <c>https://ACCOUNT.blob.core.windows.net/images</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>Language of the texts, BCP 47; null for each record's first. A record without it gets no row. <see cref="ExportFormat.Jsonl"/> holds all languages.</summary>
    public string? Language { get; init; }

    /// <summary>True leaves out what nobody approved, the alt texts of views included.</summary>
    public bool ApprovedOnly { get; init; }

    /// <summary>Only records that ended so; null for all. Product formats need <see cref="RecordStatus.Described"/>, the default.</summary>
    public RecordStatus? Status { get; init; } = RecordStatus.Described;

    /// <summary>Only blobs whose names start with this; null for all.</summary>
    public string? Prefix { get; init; }
}
