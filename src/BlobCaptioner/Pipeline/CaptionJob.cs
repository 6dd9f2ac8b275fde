using System.Text.Json.Serialization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline;

/// <summary>The queue message: which image to describe, never its pixels. Base64 JSON, well below the queue's 64 KiB.</summary>
public sealed record CaptionJob
{
    /// <summary>The image's container.</summary>
    public required string Container { get; init; }

    /// <summary>The image blob's name, up to 1,024 characters; of a product its record's.</summary>
    public required string Name { get; init; }

    /// <summary>The image's ETag when it was prepared, without quotes, or the hash of a product's views; another one means that a newer job exists.</summary>
    public required string ETag { get; init; }

    /// <summary>SHA-256 of the image's bytes, or over those of the pictures that show a product, lower-case hex.</summary>
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

    /// <summary>The base profile's name; the folder's settings are asked again when the job is worked on.</summary>
    public required string Profile { get; init; }

    /// <summary>The version of profile, folder settings and facts when the job was enqueued.</summary>
    public required string ProfileVersion { get; init; }

    /// <summary>The job's claim in the <c>prepared</c> container: removed with the job.</summary>
    public required string Claim { get; init; }

    /// <summary>ETag of the record that this job is to replace; null where there was none. Another up-to-date record means that the job was done already.</summary>
    public string? Replaces { get; init; }

    /// <summary>
    /// When the record that this job is to replace was generated; null where there was none. A person's edit changes the record's ETag, not this.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ReplacesGeneration { get; init; }

    /// <summary>When the job was enqueued, UTC.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>
    /// How often a worker began to describe it. Kept in the message: the queue's own dequeue count also counts deliveries that were handed back unread.
    /// </summary>
    public int Tries { get; init; }

    /// <summary>Why the last try failed; null before the first, and where its worker vanished.</summary>
    public string? LastError { get; init; }

    /// <summary>True asks the model even where a finished copy of the same bytes is there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Force { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OverEdits { get; init; }

    /// <summary>What of the record is written anew, the rest of it stays; null for all of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CopyPart? Only { get; init; }

    /// <summary>The profile in place of the folder's; null for what the folder says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? As { get; init; }

    /// <summary>Mixed into the seed, so that the words differ from those that are there; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Variation { get; init; }

    /// <summary>The product that is to be described; null for an image. Format, size and prepared image are then those of its main view.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProductJob? Product { get; init; }

    /// <summary>How often a worker handed it back because it does not know its profile; no try is counted for that.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Waits { get; init; }

    /// <summary>The span that enqueued it, as W3C <c>traceparent</c>, so that the worker's spans go on with its trace; null where nobody traced.</summary>
    [JsonPropertyName("traceparent")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>W3C <c>tracestate</c> that belongs to it: up to 512 characters; null for none.</summary>
    [JsonPropertyName("tracestate")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceState { get; init; }

    /// <summary>True for the record that this job is to replace, also where a person has edited it since.</summary>
    internal bool IsReplacing(StoredRecord present) => present.ETag == Replaces || (ReplacesGeneration is { } at && present.Record?.Generation.At == at);

    /// <summary>The same job, to replace what lies there.</summary>
    /// <param name="present">What lies there; null for nothing.</param>
    /// <param name="vary">True asks for other words.</param>
    internal CaptionJob Replacing(StoredRecord? present, bool vary) => this with
    {
        Replaces = present?.ETag,
        ReplacesGeneration = present?.Record?.Generation.At,
        Variation = vary ? (present?.Record?.Generation.Variation ?? 0) + 1 : 0,
    };
}
