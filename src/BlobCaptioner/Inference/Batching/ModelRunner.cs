using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using static BlobCaptioner.Inference.Batching.BatcherMetrics;

namespace BlobCaptioner.Inference.Batching;

/// <summary>Calls the decoder for many slots at once, and counts tokens and times. Decode thread only.</summary>
internal sealed partial class ModelRunner(ISequenceDecoder decoder, BatcherOptions options, BatcherMetrics metrics, TimeProvider time, ILogger logger)
{
    private readonly int _batchTokens = decoder.Info.BatchTokens;
    private int _sliceTokens = Math.Min(options.PrefillSliceTokens, decoder.Info.BatchTokens);
    private readonly List<Slot> _sliceSlots = [];
    private readonly List<ImageSlice> _slices = [];
    private readonly List<TokenEntry> _entries = [];
    private readonly List<(Slot Slot, int Tokens, int LogitsIndex)> _rows = [];
    private IReadOnlyList<Slot> _slots = [];
    private int _nextSlot;
    private int _tokensLeft;

    /// <summary>Decodes a slice of the images that are next, those of the first slots first. False if the cache has no room: then nothing has changed.</summary>
    public bool TryDecodeImages(IReadOnlyList<Slot> slots)
    {
        _slices.Clear();
        _sliceSlots.Clear();
        var budget = _sliceTokens;
        for (var i = 0; i < slots.Count && budget > 0; i++)
        {
            if (slots[i].ImageTokensLeft > 0)
            {
                _sliceSlots.Add(slots[i]);
                _slices.Add(slots[i].NextSlice(budget));
                budget -= _slices[^1].Count;
            }
        }

        if (_slices.Count == 0)
        {
            return true;
        }

        var started = time.GetTimestamp();
        var status = decoder.DecodeImages(CollectionsMarshal.AsSpan(_slices));
        metrics.Add(Count.PrefillTicks, time.GetElapsedTime(started).Ticks);
        if (!HasRoom(status))
        {
            return false;
        }

        for (var i = 0; i < _slices.Count; i++)
        {
            _sliceSlots[i].AdvanceImage(_slices[i].Count);
            metrics.Add(Count.ImageTokens, _slices[i].Count);
        }

        return true;
    }

    /// <summary>Begins a step of the text: <see cref="NextBatch"/> gathers what each slot has to decode now. No slot may be added or freed until it is through.</summary>
    public void BeginText(IReadOnlyList<Slot> slots) => (_slots, _nextSlot, _tokensLeft) = (slots, 0, 0);

    /// <summary>Gathers the step's next text tokens, as many as one call takes. False if none are left.</summary>
    public bool NextBatch()
    {
        _entries.Clear();
        _rows.Clear();
        while (_entries.Count < _batchTokens && (_tokensLeft > 0 || _nextSlot < _slots.Count))
        {
            if (_tokensLeft == 0)
            {
                // Counted once: what a choice makes this slot want next waits for the next step, so that all slots move at one pace.
                _tokensLeft = _slots[_nextSlot++].Tokens.Length;
                continue;
            }

            _tokensLeft -= AddRow(_slots[_nextSlot - 1]);
        }

        return _entries.Count > 0;
    }

    /// <summary>Decodes the batch. False if the cache has no room: then nothing has changed.</summary>
    public bool TryDecodeText()
    {
        var started = time.GetTimestamp();
        var status = decoder.Decode(CollectionsMarshal.AsSpan(_entries));
        metrics.Add(Count.DecodeTicks, time.GetElapsedTime(started).Ticks);
        if (!HasRoom(status))
        {
            return false;
        }

        metrics.Add(Count.Steps);
        metrics.Add(Count.TextTokens, _entries.Count);
        return true;
    }

    /// <summary>Moves the batch's slots on, and has each whose last token is in choose what comes next.</summary>
    public void ChooseTokens()
    {
        var started = time.GetTimestamp();
        foreach (var (slot, tokens, logitsIndex) in _rows)
        {
            slot.AdvanceText(tokens);
            if (logitsIndex >= 0)
            {
                Choose(slot, decoder.GetLogits(logitsIndex));
            }
        }

        // After all logits are read, because the decoder may give them up at its next call. A sequence that is about to be freed needs no cut.
        foreach (var (slot, _, logitsIndex) in _rows)
        {
            if (logitsIndex >= 0 && slot.TakePending() && !(slot.Answer.IsFinished && slot.Picture.Plan.Branches.Count == 0))
            {
                decoder.Remove(slot.Sequence, slot.Position);
            }
        }

        metrics.Add(Count.SampleTicks, time.GetElapsedTime(started).Ticks);
    }

    /// <summary>Decodes fewer image tokens at once from now on.</summary>
    public void HalveSlices() => _sliceTokens = Math.Max(1, _sliceTokens / 2);

    private int AddRow(Slot slot)
    {
        var tokens = slot.Tokens;
        var count = Math.Min(tokens.Length, _batchTokens - _entries.Count);
        for (var i = 0; i < count; i++)
        {
            _entries.Add(new TokenEntry(tokens[i], slot.Position + i, slot.Sequence, WantLogits: slot.WantsLogits && i == tokens.Length - 1));
        }

        _rows.Add((slot, count, slot.WantsLogits && count == tokens.Length ? _entries.Count - 1 : -1));
        return count;
    }

    private void Choose(Slot slot, ReadOnlySpan<float> logits)
    {
        var before = slot.Answer.Tape.SampledTokens;
        slot.Picture.OnLogits(time);
        try
        {
            slot.Answer.Advance(logits);
        }
        catch (Exception error)
        {
            // A fault of our own takes this picture only. Its slots are freed before the next step.
            LogPictureFailed(logger, slot.Picture.Name, error);
            slot.Picture.TryFail(BatcherErrors.Internal(slot.Picture, error));
        }

        metrics.Add(Count.SampledTokens, slot.Answer.Tape.SampledTokens - before);
    }

    private static bool HasRoom(DecodeStatus status) => status switch
    {
        DecodeStatus.Ok => true,
        DecodeStatus.NoRoom => false,
        _ => throw new SequenceDecoderException("The decode step was aborted without a request."),
    };

    [LoggerMessage(303, LogLevel.Error, "Choosing a token for '{Name}' failed")]
    private static partial void LogPictureFailed(ILogger logger, string name, Exception error);
}
