using System.Text.Json.Serialization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline;

/// <summary>The queue message: which image to describe, never its pixels. Base64 JSON, well below the queue's 64 KiB.</summary>
public sealed record CaptionJob
{
    /// <summary>The image's container.</summary>
    public required string Container { get; init; }

    /// <summary>The image blob's name, up to 1,024 characters; for a product its record's name.</summary>
    public required string Name { get; init; }

    /// <summary>The image's ETag when it was prepared, without quotes, or the hash of a product's views. If the image has another one, a newer job exists.</summary>
    public required string ETag { get; init; }

    /// <summary>SHA-256 of the image's bytes, or of the hashes of a product's views; lower-case hex.</summary>
    public required string ContentHash { get; init; }

    /// <summary>The image's format by content.</summary>
    public required string Format { get; init; }

    /// <summary>The image's pixels across, upright.</summary>
    public required int Width { get; init; }

    /// <summary>The image's pixels down, upright.</summary>
    public required int Height { get; init; }

    /// <summary>The prepared image's name in the <c>prepared</c> container.</summary>
    public required string PreparedBlob { get; init; }

    /// <summary>Version and options with which it was prepared.</summary>
    public required string Preparation { get; init; }

    /// <summary>The base profile's name. The worker reads the folder's settings again.</summary>
    public required string Profile { get; init; }

    /// <summary>The version of profile, folder settings and facts when the job was enqueued.</summary>
    public required string ProfileVersion { get; init; }

    /// <summary>Name of the job's claim in the <c>prepared</c> container, which is removed with the job.</summary>
    public required string Claim { get; init; }

    /// <summary>ETag of the record that this job replaces; null for none. If another up-to-date record is there, the job was done already.</summary>
    public string? Replaces { get; init; }

    /// <summary>When the record that this job replaces was generated; null for none. A person's edit changes the record's ETag, not this.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ReplacesGeneration { get; init; }

    /// <summary>When the job was enqueued, UTC.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>
    /// How often a worker began to describe the image. The queue's own dequeue count also counts deliveries that were handed back unread.
    /// </summary>
    public int Tries { get; init; }

    /// <summary>Why the last try failed; null before the first try, and where the worker died.</summary>
    public string? LastError { get; init; }

    /// <summary>True asks the model even if copy for the same bytes exists.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Force { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OverEdits { get; init; }

    /// <summary>The part of the record to write again; null for all of it.</summary>
    [JsonPropertyName("only")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CopyPart? Part { get; init; }

    /// <summary>Name of the profile in place of the folder's; null for the folder's.</summary>
    [JsonPropertyName("as")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProfileOverride { get; init; }

    /// <summary>Mixed into the seed, so that the wording differs from the present record's; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Variation { get; init; }

    /// <summary>The product to describe; null for an image. For a product, format, size and prepared image are those of its main view.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProductJob? Product { get; init; }

    /// <summary>How often a worker handed the job back because it did not know the profile. That counts no try.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Waits { get; init; }

    /// <summary>W3C <c>traceparent</c> of the span that enqueued the job, so that the worker's spans continue its trace; null without tracing.</summary>
    [JsonPropertyName("traceparent")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>W3C <c>tracestate</c> that belongs to <see cref="TraceParent"/>, up to 512 characters; null for none.</summary>
    [JsonPropertyName("tracestate")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceState { get; init; }

    /// <summary>True for the record that this job replaces, even if a person has edited it since.</summary>
    internal bool IsReplacing(StoredRecord present) => present.ETag == Replaces || (ReplacesGeneration is { } at && present.Record?.Generation.At == at);

    /// <summary>The same job, replacing a record.</summary>
    /// <param name="present">The record; null for none.</param>
    /// <param name="newWording">True asks for a wording other than the record's.</param>
    internal CaptionJob Replacing(StoredRecord? present, bool newWording) => this with
    {
        Replaces = present?.ETag,
        ReplacesGeneration = present?.Record?.Generation.At,
        Variation = newWording ? (present?.Record?.Generation.Variation ?? 0) + 1 : 0,
    };
}

/// <summary>The product that a job describes.</summary>
/// <param name="Sku">The product's SKU.</param>
/// <param name="Views">The images to show the model, 1 to 4, the main view first.</param>
public sealed record ProductJob(string Sku, IReadOnlyList<ProductPicture> Views);

/// <summary>One image of a product.</summary>
/// <param name="Name">The image blob's name.</param>
/// <param name="ETag">Its ETag when the job was created, without quotes.</param>
/// <param name="ContentHash">SHA-256 of its bytes, lower-case hex, which gives the prepared image's name.</param>
public sealed record ProductPicture(string Name, string ETag, string ContentHash);
