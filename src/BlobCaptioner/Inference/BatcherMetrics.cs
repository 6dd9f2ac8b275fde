using System.Diagnostics.Metrics;

namespace BlobCaptioner.Inference;

/// <summary>Counts of one batcher; written by its two threads, read by any. Also published as meter <c>BlobCaptioner.Inference</c>.</summary>
internal sealed class BatcherMetrics
{
    private static readonly Meter Meter = new("BlobCaptioner.Inference");
    private static readonly Counter<long> Pictures = Meter.CreateCounter<long>("captioner.pictures", "{picture}", "Pictures by outcome");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("captioner.tokens", "{token}", "Tokens decoded by kind");
    private static readonly UpDownCounter<long> InUse = Meter.CreateUpDownCounter<long>("captioner.slots.in_use", "{slot}", "Slots with a picture");

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

    public long this[Count count] => Interlocked.Read(ref _counts[(int)count]);

    public void Add(Count count, long value = 1)
    {
        Interlocked.Add(ref _counts[(int)count], value);
        switch (count)
        {
            case Count.Described or Count.Failed or Count.Cancelled:
                Pictures.Add(value, new KeyValuePair<string, object?>("outcome", Name(count)));
                break;
            case Count.TextTokens or Count.ImageTokens or Count.SampledTokens:
                Tokens.Add(value, new KeyValuePair<string, object?>("kind", Name(count)));
                break;
            case Count.SlotsInUse:
                InUse.Add(value);
                break;
            default:
                break;
        }
    }

    public BatcherSnapshot Snapshot(int slots)
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

    private static string Name(Count count) => count switch
    {
        Count.Described => "described",
        Count.Failed => "failed",
        Count.Cancelled => "cancelled",
        Count.TextTokens => "text",
        Count.ImageTokens => "image",
        _ => "sampled",
    };
}
