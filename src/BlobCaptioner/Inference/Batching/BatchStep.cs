using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using static BlobCaptioner.Inference.Batching.BatcherMetrics;

namespace BlobCaptioner.Inference.Batching;

/// <summary>One step over all running slots: slices of images, then all text that is ready, then a choice for each slot whose logits are there.</summary>
internal sealed partial class BatchStep(
    ISequenceDecoder decoder,
    BatcherOptions options,
    BatcherMetrics metrics,
    TimeProvider time,
    ILogger logger)
{
    private readonly int _batchTokens = decoder.Info.BatchTokens;
    private int _sliceTokens = Math.Min(options.PrefillSliceTokens, decoder.Info.BatchTokens);
    private readonly List<(Slot Slot, int Tokens)> _sliceRows = [];
    private readonly List<ImageSlice> _slices = [];
    private readonly List<TokenEntry> _entries = [];
    private readonly List<(Slot Slot, int Tokens, int LogitsIndex)> _rows = [];

    /// <summary>Runs the step.</summary>
    /// <param name="slots">Running slots, oldest first; none is added or freed here.</param>
    /// <returns>False where the cache has no room; slots whose tokens went in before that have moved on, the others are as they were.</returns>
    public bool Run(IReadOnlyList<Slot> slots) => DecodeImages(slots) && DecodeText(slots);

    /// <summary>Decodes fewer image tokens at once from now on.</summary>
    public void HalveSlices() => _sliceTokens = Math.Max(1, _sliceTokens / 2);

    private bool DecodeImages(IReadOnlyList<Slot> slots)
    {
        _slices.Clear();
        _sliceRows.Clear();
        var budget = _sliceTokens;
        foreach (var slot in slots)
        {
            if (slot.ImageTokensLeft > 0 && budget > 0)
            {
                var slice = slot.NextSlice(budget);
                budget -= slice.Count;
                _slices.Add(slice);
                _sliceRows.Add((slot, slice.Count));
            }
        }

        if (_slices.Count == 0)
        {
            return true;
        }

        var started = time.GetTimestamp();
        var status = decoder.DecodeImages(CollectionsMarshal.AsSpan(_slices));
        metrics.Add(Count.PrefillTicks, time.GetElapsedTime(started).Ticks);
        if (!IsIn(status))
        {
            return false;
        }

        foreach (var (slot, tokens) in _sliceRows)
        {
            slot.AdvanceImage(tokens);
            metrics.Add(Count.ImageTokens, tokens);
        }

        return true;
    }

    private bool DecodeText(IReadOnlyList<Slot> slots)
    {
        _entries.Clear();
        _rows.Clear();
        foreach (var slot in slots)
        {
            // What a flush below makes this slot want next waits for the next step, so that all slots move at one pace.
            var left = slot.ImageTokensLeft > 0 ? 0 : slot.Queue.Length;
            while (left > 0)
            {
                left -= AddRow(slot);
                if (_entries.Count == _batchTokens && !Flush())
                {
                    return false;
                }
            }
        }

        return _entries.Count == 0 || Flush();
    }

    private int AddRow(Slot slot)
    {
        var queue = slot.Queue;
        var count = Math.Min(queue.Length, _batchTokens - _entries.Count);
        for (var i = 0; i < count; i++)
        {
            _entries.Add(new TokenEntry(queue[i], slot.Position + i, slot.Sequence, WantLogits: slot.WantsLogits && i == queue.Length - 1));
        }

        _rows.Add((slot, count, slot.WantsLogits && count == queue.Length ? _entries.Count - 1 : -1));
        return count;
    }

    private bool Flush()
    {
        var started = time.GetTimestamp();
        var status = decoder.Decode(CollectionsMarshal.AsSpan(_entries));
        metrics.Add(Count.DecodeTicks, time.GetElapsedTime(started).Ticks);
        if (!IsIn(status))
        {
            return false;
        }

        metrics.Add(Count.Steps);
        metrics.Add(Count.TextTokens, _entries.Count);
        started = time.GetTimestamp();
        foreach (var (slot, tokens, logitsIndex) in _rows)
        {
            slot.AdvanceText(tokens);
            if (logitsIndex >= 0)
            {
                Choose(slot, decoder.GetLogits(logitsIndex));
            }
        }

        // After all logits are read, because the decoder may give them up at its next call.
        foreach (var (slot, _, logitsIndex) in _rows)
        {
            if (logitsIndex >= 0 && slot.TakePending() && !(slot.Cursor.IsFinished && slot.Run.Plan.Branches.Count == 0))
            {
                decoder.Remove(slot.Sequence, slot.Position);
            }
        }

        _entries.Clear();
        _rows.Clear();
        metrics.Add(Count.SampleTicks, time.GetElapsedTime(started).Ticks);
        return true;
    }

    private void Choose(Slot slot, ReadOnlySpan<float> logits)
    {
        var before = slot.Cursor.SampledTokens;
        slot.Run.FirstTokenAt = slot.Run.FirstTokenAt == 0 ? time.GetTimestamp() : slot.Run.FirstTokenAt;
        try
        {
            slot.Cursor.Advance(logits);
        }
        catch (Exception error)
        {
            // A picture that our own code stumbles over must not take the others with it; its slot is freed before the next step.
            LogPictureFailed(logger, slot.Run.Work.Request.Name, error);
            slot.Run.Work.TryFail(BatcherErrors.Internal(slot.Run.Work, error));
        }

        metrics.Add(Count.SampledTokens, slot.Cursor.SampledTokens - before);
    }

    private static bool IsIn(DecodeStatus status) => status switch
    {
        DecodeStatus.Ok => true,
        DecodeStatus.NoRoom => false,
        _ => throw new SequenceDecoderException("The decode step was aborted, which nobody asked for."),
    };

    [LoggerMessage(303, LogLevel.Error, "Choosing a token for '{Name}' failed")]
    private static partial void LogPictureFailed(ILogger logger, string name, Exception error);
}
