using BlobCaptioner.Telemetry;

namespace BlobCaptioner.Inference;

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
    }

    public string Model => model;

    public int Slots => slots;

    public int Cells => cells;

    public long this[Count count] => Interlocked.Read(ref _counts[(int)count]);

    public void Add(Count count, long value = 1) => Interlocked.Add(ref _counts[(int)count], value);

    public BatcherSnapshot Snapshot()
    {
        var ended = this[Count.Described] + this[Count.Failed] + this[Count.Cancelled];
        return new BatcherSnapshot
        {
            Slots = slots,
            SlotsInUse = (int)this[Count.SlotsInUse],
            Waiting = (int)Math.Max(0, this[Count.Submitted] - ended - this[Count.SlotsInUse]),
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
        };
    }
}
