using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Profiles;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Records;

/// <summary>The JSON beside an image.</summary>
public sealed record CaptionRecord
{
    /// <summary>Version of this JSON's shape: 1.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>The outcome.</summary>
    public required RecordStatus Status { get; init; }

    /// <summary>The image in the version that the record describes.</summary>
    public required RecordImage Image { get; init; }

    /// <summary>The profile that it was written for.</summary>
    public required RecordProfile Profile { get; init; }

    /// <summary>The product, where the profile groups views: in a product record and in those of its views. Left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordProduct? Product { get; init; }

    /// <summary>The texts by language (BCP 47), then by field: <c>{"en":{"title":"A red mug","bullets":["Holds tea"]}}</c>. Empty where there is none.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> Copy { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal);

    /// <summary>The attributes by name: <c>{"category":{"value":"mug","confidence":0.99,"evidence":"seen"}}</c>. Empty where there is none.</summary>
    public IReadOnlyDictionary<string, RecordAttribute> Attributes { get; init; } = new Dictionary<string, RecordAttribute>(StringComparer.Ordinal);

    /// <summary>The catalogue's facts about the product, by column name; left out where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Facts { get; init; }

    /// <summary>Short codes of what a person should look at.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Why there is no copy; null for <see cref="RecordStatus.Described"/>.</summary>
    public RecordError? Error { get; init; }

    /// <summary>How the copy was made.</summary>
    public required RecordGeneration Generation { get; init; }

    /// <summary>SHA-256 over the inputs of the copy, lower-case hex (<see cref="Records.Fingerprint"/>).</summary>
    public required string Fingerprint { get; init; }

    /// <summary>
    /// A person's decision (<see cref="RecordReview"/>); null until then. It is carried over, whatever its shape, when the record is written anew.
    /// </summary>
    public JsonElement? Review { get; init; }
}

/// <summary>The outcome of an image.</summary>
public enum RecordStatus
{
    /// <summary>The model wrote its copy.</summary>
    [JsonStringEnumMemberName("described")]
    Described,

    /// <summary>This image can't be described, and another try would end the same way.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>Given up after the last try; <c>sweep --retry-failed</c> takes it up again.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>The image, in one version, that a record describes.</summary>
public sealed record RecordImage
{
    /// <summary>The image's container.</summary>
    public required string Container { get; init; }

    /// <summary>The image blob's name.</summary>
    public required string Name { get; init; }

    /// <summary>The image's ETag, without quotes.</summary>
    public required string ETag { get; init; }

    /// <summary>SHA-256 of the image's bytes, lower-case hex; null where it was too large to be read.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The format by content (<c>jpeg</c>, <c>png</c>...); null where it is not an image.</summary>
    public string? Format { get; init; }

    /// <summary>Pixels across, upright; null where unknown.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels down, upright; null where unknown.</summary>
    public int? Height { get; init; }
}

/// <summary>The profile that a record was written for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Version of profile and facts: 16 hex digits, different when the copy would differ.</param>
public sealed record RecordProfile(string Name, string Version)
{
    /// <summary>The languages of the copy, BCP 47, in the profile's order; left out where there is no copy.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Languages { get; init; }

    /// <summary>True where a person chose it in place of the folder's; the record stays with it until its picture changes. Left out otherwise.</summary>
    [JsonPropertyName("pinned")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsPinned { get; init; }
}

/// <summary>The product that a record describes.</summary>
/// <param name="Sku">The product's SKU.</param>
/// <param name="Views">
/// In a product record the names of all its views that could be described, in natural order, the main one first; the model was shown the first four. In a view's record its own name.
/// </param>
public sealed record RecordProduct(string Sku, IReadOnlyList<string> Views)
{
    /// <summary>In a product record: 32 hex digits over its views' names and ETags. A record with another hash is out of date. Left out in the records of views.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ViewsHash { get; init; }
}

/// <summary>One attribute of the product.</summary>
/// <param name="Value">
/// The value, one of the profile's where it lists them; a list for several; numbers as text with a point, yes/no as <c>yes</c> and <c>no</c>. Null where it is unknown.
/// </param>
/// <param name="Confidence">Its probability among the allowed values, 0 to 1; null where it was supplied.</param>
public sealed record RecordAttribute(CopyValue? Value, double? Confidence)
{
    /// <summary>Where the value comes from.</summary>
    public Evidence Evidence { get; init; } = Evidence.Seen;
}

/// <summary>Why there is no copy.</summary>
/// <param name="Code">Short stable code: <c>not-an-image</c>.</param>
/// <param name="Message">What is wrong, with value and limit.</param>
/// <param name="Remedy">The way out.</param>
public sealed record RecordError(string Code, string Message, string Remedy)
{
    /// <summary>The error for a blob with a name that storage, its listing or an address can't carry; null where they can.</summary>
    public static RecordError? OfName(string blobName) => ImageNames.Problem(blobName) is { } why
        ? new("name-invalid", $"The blob '{ImageNames.Printable(blobName)}' can't be described: its name {why}.", "Upload it under another name, and delete this blob.")
        : null;
}

/// <summary>The receipt: model, settings, cost and times (whole milliseconds).</summary>
public sealed record RecordGeneration
{
    /// <summary>The model's name; null where no model was asked.</summary>
    public string? Model { get; init; }

    /// <summary>SHA-256 of the model's files, or a server's model id and revision; null where no model was asked.</summary>
    public string? ModelHash { get; init; }

    /// <summary>The engine that ran the model; null where no model was asked.</summary>
    public string? Engine { get; init; }

    /// <summary>How text was sampled; null where no model was asked.</summary>
    public RecordSampler? Sampler { get; init; }

    /// <summary>
    /// The copy's source in IPTC's vocabulary: <c>trainedAlgorithmicMedia</c> where a model wrote it, null where there is no copy.
    /// Source: https://cv.iptc.org/newscodes/digitalsourcetype/.
    /// </summary>
    public string? DigitalSourceType { get; init; }

    /// <summary>Times that a new wording was requested; left out for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Variation { get; init; }

    /// <summary>Id of the wish to write it anew; left out where no one asked for that.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Redo { get; init; }

    /// <summary>Name of the image with the same bytes whose copy was reused; left out where the model was asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReusedFrom { get; init; }

    /// <summary>The prepared image's name; null where there is none.</summary>
    public string? Prepared { get; init; }

    /// <summary>Version and options with which images are prepared.</summary>
    public required string Preparation { get; init; }

    /// <summary>Text tokens read.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Image tokens read.</summary>
    public int ImageTokens { get; init; }

    /// <summary>Tokens of the answer.</summary>
    public int OutputTokens { get; init; }

    /// <summary>Tokens of the answer that took a decode step of their own.</summary>
    public int SampledTokens { get; init; }

    /// <summary>Cost of the tokens in <see cref="Currency"/>; left out where no prices are set.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Cost { get; init; }

    /// <summary>Currency of <see cref="Cost"/>, ISO 4217; left out without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Currency { get; init; }

    /// <summary>Times that a server was asked again because its answer could not be used; left out for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Repairs { get; init; }

    /// <summary>Model and build as the server reported them; left out in process.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ServedBy { get; init; }

    /// <summary>From the model's call to its answer.</summary>
    public long TotalMs { get; init; }

    /// <summary>Of that, waiting for a slot.</summary>
    public long QueuedMs { get; init; }

    /// <summary>Of that, in the vision tower.</summary>
    public long EncodeMs { get; init; }

    /// <summary>Of that, reading prompt and picture.</summary>
    public long PrefillMs { get; init; }

    /// <summary>Of that, decoding.</summary>
    public long DecodeMs { get; init; }

    /// <summary>The worker: machine and process.</summary>
    public required string Worker { get; init; }

    /// <summary>When the record was made, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Number of this try, from 1; 0 where the image was rejected before it reached a model.</summary>
    public int Tries { get; init; }

    /// <summary>Times that a sweep took a failed record up by itself (<see cref="RetryRounds"/>); left out for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Rounds { get; init; }

    /// <summary>The tries that failed before, the first one first; left out where there were none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RecordFailure>? Failures { get; init; }

    /// <summary>True for the receipt of the same work: a list read from storage equals no other by itself.</summary>
    internal bool IsOfSameWork(RecordGeneration other) =>
        this with { Failures = null } == other with { Failures = null } && (Failures ?? []).SequenceEqual(other.Failures ?? []);
}

/// <summary>A try that failed.</summary>
public sealed record RecordFailure
{
    /// <summary>When the model began, UTC, by the worker's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The worker: machine and process.</summary>
    public required string Worker { get; init; }

    /// <summary>Code and message, up to 500 characters; <c>worker-vanished</c> where the worker died.</summary>
    public required string Error { get; init; }
}

/// <summary>The <see cref="SamplingOptions"/> of the text.</summary>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="TopP">Nucleus.</param>
/// <param name="TopK">Most tokens to choose from; 0 is all.</param>
/// <param name="PresencePenalty">Subtracted from the logit of written tokens.</param>
/// <param name="Seed">The profile's seed; each picture's own random numbers start from it and the picture's bytes.</param>
public sealed record RecordSampler(float Temperature, float TopP, int TopK, float PresencePenalty, ulong Seed);
