using System.Text.Json.Serialization;
using BlobCaptioner.Records;

namespace BlobCaptioner.Exports;

/// <summary>What to export.</summary>
public sealed record ExportOptions
{
    /// <summary>The format.</summary>
    public required ExportFormat Format { get; init; }

    /// <summary>Base of the images' addresses; percent-encoded blob names are appended. The container's own is <c>https://ACCOUNT.blob.core.windows.net/images</c>.</summary>
    public required Uri BaseUrl { get; init; }

    /// <summary>Language of the texts, BCP 47; null for each record's first. A record without it gets no row. <see cref="ExportFormat.Jsonl"/> holds all languages.</summary>
    public string? Language { get; init; }

    /// <summary>True exports only what a person approved; this includes the alt texts of views.</summary>
    public bool ApprovedOnly { get; init; }

    /// <summary>Only records of this outcome; null for all. Product formats need <see cref="RecordStatus.Described"/>, the default.</summary>
    public RecordStatus? Status { get; init; } = RecordStatus.Described;

    /// <summary>Only blobs whose names start with this; null for all.</summary>
    public string? Prefix { get; init; }
}

/// <summary>The format of an export.</summary>
public enum ExportFormat
{
    /// <summary>One record a line, edits applied: for programs.</summary>
    [JsonStringEnumMemberName("jsonl")]
    Jsonl,

    /// <summary>One row a picture or product, in one language: for spreadsheets.</summary>
    [JsonStringEnumMemberName("csv")]
    Csv,

    /// <summary>Shopify's product CSV.</summary>
    [JsonStringEnumMemberName("shopify")]
    Shopify,

    /// <summary>Google Merchant Center's product feed, RSS 2.0.</summary>
    [JsonStringEnumMemberName("google")]
    Google,

    /// <summary>WooCommerce's product CSV.</summary>
    [JsonStringEnumMemberName("woocommerce")]
    WooCommerce,

    /// <summary>Amazon's flat file, tab-separated.</summary>
    [JsonStringEnumMemberName("amazon")]
    Amazon,

    /// <summary>schema.org Product as JSON-LD, one a line.</summary>
    [JsonStringEnumMemberName("schema-org")]
    SchemaOrg,
}

/// <summary>Counts of an export, with warnings.</summary>
public sealed class ExportTally
{
    private readonly SortedDictionary<string, long> _skipped = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _warnings = new(StringComparer.Ordinal);

    /// <summary>Records read.</summary>
    public long Records { get; private set; }

    /// <summary>Pictures or products written.</summary>
    public long Items { get; private set; }

    /// <summary>Records without a row of their own, by reason.</summary>
    public IReadOnlyDictionary<string, long> Skipped => _skipped;

    /// <summary>Rows with a defect, by its code: <c>price-missing</c>, <c>title-cut</c>...</summary>
    public IReadOnlyDictionary<string, long> Warnings => _warnings;

    internal void Read() => Records++;

    internal void Wrote() => Items++;

    internal void Skip(string reason) => _skipped[reason] = _skipped.GetValueOrDefault(reason) + 1;

    internal void Warn(string code) => _warnings[code] = _warnings.GetValueOrDefault(code) + 1;
}
