using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Inference.Batching;

/// <summary>Moves all pictures on, step by step: admit, prefill, decode, choose, finish. Decode thread only.</summary>
internal sealed partial class Scheduler(ISequenceDecoder decoder, PictureTable table, PrefixCache prefixes, ModelRunner runner, int maxSlots, ILogger logger)
{
    private readonly int _contextTokens = decoder.Info.ContextTokens;
    private readonly List<Slot> _written = [];
    private int _maxSlots = maxSlots;

    /// <summary>Runs one step of every picture in the context. False if there is none.</summary>
    public bool Step()
    {
        table.RemoveCompleted();
        table.ForkLanguages(_maxSlots);
        Admit();
        if (table.Running.Count == 0)
        {
            return false;
        }

        var hasRoom = runner.TryDecodeImages(table.Slots);
        runner.BeginText(table.Slots);
        while (hasRoom && runner.NextBatch())
        {
            hasRoom = runner.TryDecodeText();
            if (hasRoom)
            {
                runner.ChooseTokens();
            }
        }

        if (hasRoom)
        {
            Finish();
        }
        else
        {
            MakeRoom();
        }

        return true;
    }

    /// <summary>Halves the sequences in use and the slices of images, for good. Returns false if one sequence is left.</summary>
    public bool TryReduceSlots()
    {
        if (_maxSlots == 1)
        {
            return false;
        }

        _maxSlots /= 2;
        runner.HalveSlices();
        LogSlotsReduced(logger, _maxSlots);
        return true;
    }

    /// <summary>Gives free sequences to the pictures that wait, in their order. The first that finds no room holds those behind it.</summary>
    private void Admit()
    {
        while (table.Slots.Count < _maxSlots && table.FirstWaiting is { } picture)
        {
            if (TryBegin(picture))
            {
                continue;
            }

            if (table.Running.Count > 0)
            {
                return;
            }

            // Nothing runs and it still does not fit, so the decoder holds less than it says.
            table.Fail(picture, BatcherErrors.ContextTooSmall(picture, _contextTokens));
        }
    }

    private bool TryBegin(Picture picture)
    {
        try
        {
            if (prefixes.Get(picture.Plan, _contextTokens - table.Cells - picture.Cells) is not { } prefix)
            {
                return false;
            }

            table.Begin(picture, prefix);
            return true;
        }
        catch (Exception error)
        {
            // Not tried again here: a prefix that the decoder chokes on would hold all that wait behind it.
            table.Fail(picture, BatcherErrors.DecoderFailed(picture, error));
            throw;
        }
    }

    /// <summary>A sequence whose section is written goes on with the picture's next language or is freed. The last one completes the picture.</summary>
    private void Finish()
    {
        _written.Clear();
        foreach (var slot in table.Slots)
        {
            if (slot.IsWritten && !slot.Picture.IsCompleted)
            {
                _written.Add(slot);
            }
        }

        foreach (var slot in _written)
        {
            if (slot.Picture.TryGoOn(slot))
            {
                decoder.Remove(slot.Sequence, slot.Picture.ForkPosition);
            }
            else
            {
                table.Free(slot);
            }
        }
    }

    /// <summary>The cache is full although admission counted cells. The youngest picture starts over once another has left.</summary>
    private void MakeRoom()
    {
        if (prefixes.EvictIdle())
        {
            return;
        }

        var youngest = table.Running[^1];
        LogNoRoom(logger, youngest.Name, table.Running.Count, _contextTokens);
        if (table.Running.Count == 1)
        {
            table.Fail(youngest, BatcherErrors.Outgrown(youngest, _contextTokens));
        }
        else
        {
            table.PutBack(youngest);
        }
    }

    [LoggerMessage(302, LogLevel.Warning, "The KV cache has no room for {Running} pictures although {Cells} cells were counted; '{Name}' starts over")]
    private static partial void LogNoRoom(ILogger logger, string name, int running, int cells);

    [LoggerMessage(304, LogLevel.Warning, "Memory ran out in a decode step. From now on {Slots} sequences at once; start with fewer --slots, or run 'captioner doctor --model' to see what fits")]
    private static partial void LogSlotsReduced(ILogger logger, int slots);
}
