namespace BlobCaptioner.Inference.Batching;

/// <summary>Counts of one batcher; written by its two threads, read by any. <see cref="InferenceMetrics"/> publishes those of all batchers.</summary>
/// <param name="model">The model's name.</param>
/// <param name="slots">All slots.</param>
/// <param name="cells">All KV cache cells.</param>
internal sealed class BatcherMetrics(string model, int slots, int cells)
{
    private readonly long[] _counts = new long[Enum.GetValues<Count>().Length];

    /// <summary>Kinds of counts. Times are in <see cref="TimeSpan"/> ticks.</summary>
    public enum Count
    {
        Submitted,
        SlotsInUse,
        CellsReserved,
        Steps,
        TextTokens,
        ImageTokens,
        SampledTokens,
        PrefixesDecoded,
        Described,
        Failed,
        Cancelled,
        PutBack,
        EncodeTicks,
        PrefillTicks,
        DecodeTicks,
        SampleTicks,
        IdleTicks,
    }

    private long _busySince;

    public string Model => model;

    public int Slots => slots;

    public int Cells => cells;

    public long this[Count count] => Interlocked.Read(ref _counts[(int)count]);

    /// <summary>Notes a picture that came when there was none.</summary>
    /// <param name="at">Timestamp.</param>
    public void Submit(long at)
    {
        if (this[Count.Submitted] == Ended)
        {
            Volatile.Write(ref _busySince, at);
        }

        Add(Count.Submitted);
    }

    /// <summary>Timestamp of the first picture of those that are in.</summary>
    public long BusySince => Volatile.Read(ref _busySince);

    private long Ended => this[Count.Described] + this[Count.Failed] + this[Count.Cancelled];

    public void Add(Count count, long value = 1) => Interlocked.Add(ref _counts[(int)count], value);

    public BatcherSnapshot Snapshot() => new()
    {
        Slots = slots,
        SlotsInUse = (int)this[Count.SlotsInUse],
        Waiting = (int)Math.Max(0, this[Count.Submitted] - Ended - this[Count.SlotsInUse]),
        CellsReserved = (int)this[Count.CellsReserved],
        Steps = this[Count.Steps],
        TextTokens = this[Count.TextTokens],
        ImageTokens = this[Count.ImageTokens],
        SampledTokens = this[Count.SampledTokens],
        PrefixesDecoded = this[Count.PrefixesDecoded],
        Described = this[Count.Described],
        Failed = this[Count.Failed],
        Cancelled = this[Count.Cancelled],
        PutBack = this[Count.PutBack],
        EncodeBusy = TimeSpan.FromTicks(this[Count.EncodeTicks]),
        PrefillBusy = TimeSpan.FromTicks(this[Count.PrefillTicks]),
        DecodeBusy = TimeSpan.FromTicks(this[Count.DecodeTicks]),
        SampleBusy = TimeSpan.FromTicks(this[Count.SampleTicks]),
        Idle = TimeSpan.FromTicks(this[Count.IdleTicks]),
    };
}

/// <summary>Counts of a <see cref="ContinuousBatcher"/> since its start, and its current state. Subtract two for rates.</summary>
public sealed record BatcherSnapshot
{
    /// <summary>All slots.</summary>
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

    /// <summary>Pictures put back into the queue because the KV cache had no room after all; 0 unless admission reserves too few cells.</summary>
    public required long PutBack { get; init; }

    /// <summary>Time in the vision tower.</summary>
    public required TimeSpan EncodeBusy { get; init; }

    /// <summary>Time decoding image tokens.</summary>
    public required TimeSpan PrefillBusy { get; init; }

    /// <summary>Time decoding text tokens.</summary>
    public required TimeSpan DecodeBusy { get; init; }

    /// <summary>Time choosing tokens and tokenizing literals on the decode thread.</summary>
    public required TimeSpan SampleBusy { get; init; }

    /// <summary>Time that the decode thread waited although pictures were submitted: the vision tower is behind.</summary>
    public required TimeSpan Idle { get; init; }
}
