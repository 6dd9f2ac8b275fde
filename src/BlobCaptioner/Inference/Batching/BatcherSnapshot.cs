namespace BlobCaptioner.Inference.Batching;

/// <summary>What a <see cref="ContinuousBatcher"/> has done since its start and does right now. Subtract two for rates.</summary>
public sealed record BatcherSnapshot
{
    /// <summary>Slots there are.</summary>
    public required int Slots { get; init; }

    /// <summary>Slots with a picture in them.</summary>
    public required int SlotsInUse { get; init; }

    /// <summary>Pictures submitted that have no slot yet.</summary>
    public required int Waiting { get; init; }

    /// <summary>KV cache cells promised to running pictures and prefixes, worst case.</summary>
    public required int CellsReserved { get; init; }

    /// <summary>Decode calls for text.</summary>
    public required long Steps { get; init; }

    /// <summary>Text tokens decoded: prefixes, suffixes, literals and sampled ones.</summary>
    public required long TextTokens { get; init; }

    /// <summary>Image tokens decoded.</summary>
    public required long ImageTokens { get; init; }

    /// <summary>Tokens chosen from logits.</summary>
    public required long SampledTokens { get; init; }

    /// <summary>Prompt prefixes decoded.</summary>
    public required long PrefixesDecoded { get; init; }

    /// <summary>Pictures described.</summary>
    public required long Described { get; init; }

    /// <summary>Pictures that ended with an error.</summary>
    public required long Failed { get; init; }

    /// <summary>Pictures that their callers gave up.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Pictures put back into the queue because the KV cache had no room after all; 0 unless the admission is wrong.</summary>
    public required long PutBack { get; init; }

    /// <summary>Time in the vision tower.</summary>
    public required TimeSpan EncodeBusy { get; init; }

    /// <summary>Time decoding image tokens.</summary>
    public required TimeSpan PrefillBusy { get; init; }

    /// <summary>Time decoding text tokens.</summary>
    public required TimeSpan DecodeBusy { get; init; }

    /// <summary>Time choosing tokens and tokenizing literals on the decode thread.</summary>
    public required TimeSpan SampleBusy { get; init; }

    /// <summary>Time the decode thread had nothing to do although pictures were in: the vision tower is behind.</summary>
    public required TimeSpan Idle { get; init; }
}
