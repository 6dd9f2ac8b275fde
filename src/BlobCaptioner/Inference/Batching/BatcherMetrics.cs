namespace BlobCaptioner.Inference.Batching;

/// <summary>Counts of one batcher; written by its two threads, read by any. <see cref="InferenceMetrics"/> publishes those of all batchers.</summary>
/// <param name="model">The model's name.</param>
/// <param name="slots">Slots there are.</param>
/// <param name="cells">KV cache cells there are.</param>
internal sealed class BatcherMetrics(string model, int slots, int cells)
{
    private readonly long[] _counts = new long[Enum.GetValues<Count>().Length];

    /// <summary>What is counted; times are in <see cref="TimeSpan"/> ticks.</summary>
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

    public BatcherSnapshot Snapshot()
    {
        return new BatcherSnapshot
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
}
