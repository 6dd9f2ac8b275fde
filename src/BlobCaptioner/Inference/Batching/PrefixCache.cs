using System.Runtime.InteropServices;
using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Inference.Batching;

/// <summary>Decoded prompt prefixes in the sequences above the slots'; the one unused for longest makes way. Decode thread only.</summary>
internal sealed class PrefixCache(ISequenceDecoder decoder, int firstSequence, int capacity)
{
    private readonly List<PromptPrefix> _prefixes = [];
    private long _uses;

    /// <summary>KV cache cells that the prefixes take.</summary>
    public int Cells => _prefixes.Sum(p => p.Cells);

    /// <summary>The plan's prefix, decoded now unless it is there; null where it has no room yet.</summary>
    /// <param name="plan">Whose prefix.</param>
    /// <param name="cells">Cells that all prefixes together may take; idle ones are dropped to stay below.</param>
    /// <param name="decoded">Called where one was decoded.</param>
    public PromptPrefix? Get(DecodingPlan plan, int cells, Action<PromptPrefix> decoded)
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
            decoded(prefix);
        }

        prefix.LastUse = ++_uses;
        return prefix;
    }

    /// <summary>Drops the prefix unused for longest that no slot shares; false where there is none.</summary>
    public bool EvictIdle(PromptPrefix? keep)
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
        var tokens = prefix.Plan.PrefixTokens;
        var entries = new List<TokenEntry>();
        for (var start = 0; start < tokens.Count; start += entries.Count)
        {
            entries.Clear();
            for (var i = start; i < Math.Min(tokens.Count, start + decoder.Info.BatchTokens); i++)
            {
                entries.Add(new TokenEntry(tokens[i], i, prefix.Sequence, WantLogits: false));
            }

            while (decoder.Decode(CollectionsMarshal.AsSpan(entries)) is var status && status != DecodeStatus.Ok)
            {
                if (status == DecodeStatus.Aborted)
                {
                    throw new SequenceDecoderException("Decoding a prompt prefix was aborted, which nobody asked for.");
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
