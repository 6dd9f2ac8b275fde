using static BlobCaptioner.Inference.Batching.BatcherMetrics;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The pictures in the context and the sequences they hold. Decode thread only.</summary>
internal sealed class RunTable(ISequenceDecoder decoder, BatcherMetrics metrics, int sequences)
{
    private readonly List<PictureRun> _runs = [];
    private readonly List<Slot> _slots = [];
    private readonly Stack<int> _free = new(Enumerable.Range(0, sequences).Reverse());

    /// <summary>The pictures, oldest first.</summary>
    public IReadOnlyList<PictureRun> Runs => _runs;

    /// <summary>Their sequences, those of the oldest picture first.</summary>
    public IReadOnlyList<Slot> Slots => _slots;

    /// <summary>KV cache cells promised.</summary>
    public int Cells => _runs.Sum(r => r.Cells);

    /// <summary>True where a picture can begin.</summary>
    public bool HasFree => _free.Count > 0;

    /// <summary>Begins a picture in a sequence that shares its prefix.</summary>
    /// <param name="create">Makes the run for a sequence.</param>
    public PictureRun Start(Func<int, PictureRun> create)
    {
        var sequence = _free.Pop();
        var run = create(sequence);
        run.Prefix.Users++;
        _runs.Add(run);
        _slots.Add(run.Slots[0]);
        metrics.Add(Count.SlotsInUse);
        metrics.Add(Count.CellsReserved, run.Cells);
        decoder.Fork(run.Prefix.Sequence, sequence);
        return run;
    }

    /// <summary>Gives free sequences to languages that wait for one, those of the oldest picture first.</summary>
    /// <param name="most">Sequences that may be in use then.</param>
    public void ForkWaiting(int most)
    {
        var used = _slots.Count;
        var hasNew = false;
        foreach (var run in _runs)
        {
            while (run.HasUnstarted && used < most && _free.TryPeek(out var sequence) && run.StartBranch(sequence) is not null)
            {
                used++;
                _free.Pop();
                metrics.Add(Count.SlotsInUse);
                decoder.Fork(run.BaseSequence, sequence);
                decoder.Remove(sequence, run.ForkPosition);
                hasNew = true;
            }
        }

        if (hasNew)
        {
            List();
        }
    }

    /// <summary>Sees which sections are written: their sequences go on with the next language or are given back.</summary>
    /// <returns>Pictures that are complete; their sequences are free.</returns>
    public IReadOnlyList<PictureRun> TakeComplete()
    {
        List<PictureRun> complete = [];
        foreach (var slot in _slots.Where(s => s.IsDone && !s.Run.Work.IsDone).ToArray())
        {
            var run = slot.Run;
            while (slot.IsDone && run.GoesOn(slot))
            {
                decoder.Remove(slot.Sequence, run.ForkPosition);
            }

            if (!slot.IsDone)
            {
                continue;
            }

            if (run.Slots.Count == 1)
            {
                Free(run);
                complete.Add(run);
            }
            else
            {
                run.Slots.Remove(slot);
                Release(slot);
                List();
            }
        }

        return complete;
    }

    /// <summary>Takes a picture out: all its sequences are free.</summary>
    public void Free(PictureRun run)
    {
        _runs.Remove(run);
        run.Prefix.Users--;
        metrics.Add(Count.CellsReserved, -run.Cells);
        foreach (var slot in run.Slots)
        {
            Release(slot);
        }

        List();
    }

    /// <summary>Forgets all pictures without a call to the decoder, which can't be used any more.</summary>
    public void Forget()
    {
        metrics.Add(Count.SlotsInUse, -_slots.Count);
        metrics.Add(Count.CellsReserved, -Cells);
        _runs.Clear();
        _slots.Clear();
    }

    private void Release(Slot slot)
    {
        _free.Push(slot.Sequence);
        metrics.Add(Count.SlotsInUse, -1);
        decoder.Remove(slot.Sequence);
    }

    private void List()
    {
        _slots.Clear();
        _slots.AddRange(_runs.SelectMany(r => r.Slots));
    }
}
