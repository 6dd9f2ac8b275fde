using System.Text.Json.Serialization;

namespace BlobCaptioner.Records;

/// <summary>The receipt: what made the copy, and what it cost. Times are in whole milliseconds.</summary>
public sealed record RecordGeneration
{
    /// <summary>The model's name; null where no model was asked.</summary>
    public string? Model { get; init; }

    /// <summary>SHA-256 of the model's files, or a server's model id and revision; null where no model was asked.</summary>
    public string? ModelHash { get; init; }

    /// <summary>What ran the model; null where no model was asked.</summary>
    public string? Engine { get; init; }

    /// <summary>How text was sampled; null where no model was asked.</summary>
    public RecordSampler? Sampler { get; init; }

    /// <summary>
    /// What made the copy, in IPTC's vocabulary: <c>trainedAlgorithmicMedia</c> where a model wrote it, null where there is none.
    /// Source: https://cv.iptc.org/newscodes/digitalsourcetype/.
    /// </summary>
    public string? DigitalSourceType { get; init; }

    /// <summary>How often other words were asked for; left out where they never were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Variation { get; init; }

    /// <summary>The image's name whose copy this is, since both have the same bytes; left out where the model was asked.</summary>
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

    /// <summary>What these tokens cost, in <see cref="Currency"/>; left out where no prices are given.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Cost { get; init; }

    /// <summary>Currency of <see cref="Cost"/>, ISO 4217; left out without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Currency { get; init; }

    /// <summary>How often a server's model was asked again because its answer could not be used; left out where it was not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Repairs { get; init; }

    /// <summary>What a server said it is, model and build; left out in process.</summary>
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

    /// <summary>Of that, writing.</summary>
    public long DecodeMs { get; init; }

    /// <summary>Who did it: machine and process.</summary>
    public required string Worker { get; init; }

    /// <summary>When the record was made, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Which try this was, from 1; 0 where the image was rejected before it reached a model.</summary>
    public int Tries { get; init; }
}
