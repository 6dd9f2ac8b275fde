using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Sampling;
using static BlobCaptioner.Inference.Batching.BatcherMetrics;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The encoded pictures, waiting or in the context, and the sequences that these hold. Decode thread only.</summary>
/// <param name="decoder">Its sequences are forked and freed here.</param>
/// <param name="metrics">Where slots and cells are counted.</param>
/// <param name="time">For durations.</param>
/// <param name="sequences">Sequences for slots, from 0.</param>
/// <param name="left">Called once for each picture when it has left, however it ended.</param>
internal sealed class PictureTable(ISequenceDecoder decoder, BatcherMetrics metrics, TimeProvider time, int sequences, Action<Picture> left)
{
    private readonly LinkedList<Picture> _waiting = new();
    private readonly List<Picture> _running = [];
    private readonly List<Slot> _slots = [];
    private readonly Stack<int> _free = new(Enumerable.Range(0, sequences).Reverse());
    private readonly TokenSampler _sampler = new();
    private bool _isHeld;

    /// <summary>The next picture to begin; null if none waits, or until another leaves after one was put back.</summary>
    public Picture? FirstWaiting => _isHeld ? null : _waiting.First?.Value;

    /// <summary>The pictures in the context, oldest first.</summary>
    public IReadOnlyList<Picture> Running => _running;

    /// <summary>The slots of the running pictures, those of the oldest first.</summary>
    public IReadOnlyList<Slot> Slots => _slots;

    /// <summary>KV cache cells promised to running pictures.</summary>
    public int Cells => _running.Sum(p => p.Cells);

    /// <summary>Has a picture wait.</summary>
    public void Add(Picture picture) => _waiting.AddLast(picture);

    /// <summary>Begins the first picture that waits, in a free sequence that shares its prefix.</summary>
    public void Begin(Picture picture, PromptPrefix prefix)
    {
        _waiting.Remove(picture);
        var slot = picture.Begin(prefix, _free.Peek(), _sampler, time.GetTimestamp());
        _free.Pop();
        prefix.Users++;
        _running.Add(picture);
        _slots.Add(slot);
        metrics.Add(Count.SlotsInUse);
        metrics.Add(Count.CellsReserved, picture.Cells);
        decoder.Fork(prefix.Sequence, slot.Sequence);
        if (picture.NeedsNothing)
        {
            Complete(picture);
        }
    }

    /// <summary>Gives free sequences to languages that wait for one, those of the oldest picture first.</summary>
    /// <param name="maxSlots">Slots that may be in use then.</param>
    public void ForkLanguages(int maxSlots)
    {
        var used = _slots.Count;
        foreach (var picture in _running)
        {
            while (used < maxSlots && picture.HasWaitingLanguage && _free.TryPeek(out var sequence) && picture.TryFork(sequence))
            {
                used++;
                _free.Pop();
                metrics.Add(Count.SlotsInUse);
                decoder.Fork(picture.Slots[0].Sequence, sequence);
                decoder.Remove(sequence, picture.ForkPosition);
            }
        }

        if (used > _slots.Count)
        {
            ListSlots();
        }
    }

    /// <summary>Frees a slot. The picture's last one completes it.</summary>
    public void Free(Slot slot)
    {
        if (slot.Picture.Slots.Count == 1)
        {
            Complete(slot.Picture);
            return;
        }

        slot.Picture.Slots.Remove(slot);
        Release(slot);
        ListSlots();
    }

    /// <summary>Takes a picture out of the context. It begins again, before all that wait, once another has left.</summary>
    public void PutBack(Picture picture)
    {
        Free(picture);
        _waiting.AddFirst(picture);
        _isHeld = true;
        metrics.Add(Count.PutBack);
    }

    /// <summary>Ends a picture, waiting or running, with an error.</summary>
    public void Fail(Picture picture, Exception error)
    {
        try
        {
            if (!_waiting.Remove(picture) && _running.Contains(picture))
            {
                Free(picture);
            }
        }
        finally
        {
            picture.TryFail(error);
            left(picture);
        }
    }

    /// <summary>Drops pictures that their callers gave up, or that an error of ours ended.</summary>
    public void RemoveCompleted()
    {
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i] is { IsCompleted: true } picture)
            {
                Free(picture);
                left(picture);
            }
        }

        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.IsCompleted)
            {
                _waiting.Remove(node);
                left(node.Value);
            }

            node = next;
        }
    }

    /// <summary>Ends all pictures with an error, without a call to the decoder.</summary>
    public void FailAll(CaptionException error)
    {
        metrics.Add(Count.SlotsInUse, -_slots.Count);
        metrics.Add(Count.CellsReserved, -Cells);
        Picture[] all = [.. _running, .. _waiting];
        _running.Clear();
        _slots.Clear();
        _waiting.Clear();
        foreach (var picture in all)
        {
            Fail(picture, error);
        }
    }

    private void Complete(Picture picture)
    {
        Free(picture);
        picture.TryComplete(picture.ToCaption(time));
        left(picture);
    }

    private void Free(Picture picture)
    {
        _isHeld = false;
        _running.Remove(picture);
        picture.Prefix.Users--;
        metrics.Add(Count.CellsReserved, -picture.Cells);
        picture.Slots.ForEach(Release);
        ListSlots();
    }

    private void Release(Slot slot)
    {
        _free.Push(slot.Sequence);
        metrics.Add(Count.SlotsInUse, -1);
        decoder.Remove(slot.Sequence);
    }

    private void ListSlots()
    {
        _slots.Clear();
        _slots.AddRange(_running.SelectMany(p => p.Slots));
    }
}
