using BlobCaptioner.Inference.Plans;
using static BlobCaptioner.Inference.Batching.BatcherMetrics;

namespace BlobCaptioner.Inference.Batching;

/// <summary>A decoded prompt prefix in its own sequence, forked into the slots of its profile's pictures.</summary>
internal sealed class PromptPrefix(DecodingPlan plan, int sequence)
{
    public DecodingPlan Plan => plan;

    public int Sequence => sequence;

    public int Cells => plan.PrefixTokens.Count;

    /// <summary>Pictures that share its cells. It can't go before they do.</summary>
    public int Users { get; set; }

    /// <summary>Rises with each use.</summary>
    public long LastUse { get; set; }
}

/// <summary>Decoded prompt prefixes, in the sequences above those of the slots. The least recently used makes way. Decode thread only.</summary>
internal sealed class PrefixCache(ISequenceDecoder decoder, BatcherMetrics metrics, int firstSequence, int capacity)
{
    private readonly List<PromptPrefix> _prefixes = [];
    private long _uses;

    private int Cells => _prefixes.Sum(p => p.Cells);

    /// <summary>The plan's prefix, decoded now unless it is there; null if there is no room yet.</summary>
    /// <param name="plan">Whose prefix.</param>
    /// <param name="cells">Cells that all prefixes together may take. Idle ones are dropped to stay below.</param>
    public PromptPrefix? Get(DecodingPlan plan, int cells)
    {
        var prefix = _prefixes.Find(p => ReferenceEquals(p.Plan, plan));
        var more = prefix is null ? plan.PrefixTokens.Count : 0;
        while (Cells + more > cells || (prefix is null && _prefixes.Count == capacity))
        {
            if (!EvictIdle(keep: prefix))
            {
                return null;
            }
        }

        if (prefix is null)
        {
            prefix = new PromptPrefix(plan, Enumerable.Range(firstSequence, capacity).Except(_prefixes.Select(p => p.Sequence)).First());
            if (!Decode(prefix))
            {
                return null;
            }

            _prefixes.Add(prefix);
            metrics.Add(Count.PrefixesDecoded);
            metrics.Add(Count.TextTokens, prefix.Cells);
        }

        prefix.LastUse = ++_uses;
        return prefix;
    }

    /// <summary>Drops the least recently used prefix that no picture shares; false if there is none.</summary>
    public bool EvictIdle(PromptPrefix? keep = null)
    {
        var oldest = _prefixes.Where(p => p.Users == 0 && p != keep).MinBy(p => p.LastUse);
        if (oldest is null)
        {
            return false;
        }

        _prefixes.Remove(oldest);
        decoder.Remove(oldest.Sequence);
        return true;
    }

    /// <summary>Drops all, after every slot has been freed.</summary>
    public void Clear()
    {
        _prefixes.Clear();
        for (var sequence = firstSequence; sequence < firstSequence + capacity; sequence++)
        {
            decoder.Remove(sequence);
        }
    }

    private bool Decode(PromptPrefix prefix)
    {
        var entries = prefix.Plan.PrefixTokens.Select((token, i) => new TokenEntry(token, i, prefix.Sequence, WantLogits: false)).ToArray();
        for (var start = 0; start < entries.Length; start += decoder.Info.BatchTokens)
        {
            while (decoder.Decode(entries.AsSpan(start, Math.Min(decoder.Info.BatchTokens, entries.Length - start))) is var status && status != DecodeStatus.Ok)
            {
                if (status == DecodeStatus.Aborted)
                {
                    throw new SequenceDecoderException("Decoding a prompt prefix was aborted without a request.");
                }

                if (!EvictIdle(keep: prefix))
                {
                    decoder.Remove(prefix.Sequence);
                    return false;
                }
            }
        }

        return true;
    }
}
