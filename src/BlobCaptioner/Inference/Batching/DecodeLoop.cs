using System.Collections.Concurrent;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Sampling;
using Microsoft.Extensions.Logging;
using static BlobCaptioner.Inference.Batching.BatcherMetrics;

namespace BlobCaptioner.Inference.Batching;

/// <summary>
/// The thread that owns the context: admits encoded pictures to slots, decodes slices of their images, then one step for all slots'
/// text, chooses tokens, and frees the slots that are done. Everything but <see cref="Enqueue"/>, <see cref="Wake"/> and
/// <see cref="Stop"/> happens on that thread.
/// </summary>
internal sealed partial class DecodeLoop
{
    // A decoder that fails this often in a row won't recover by itself.
    private const int FailuresUntilDead = 3;

    private readonly ISequenceDecoder _decoder;
    private readonly BatcherMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<PictureWork> _left;
    private readonly Action<Exception> _died;
    private readonly ConcurrentQueue<PictureWork> _incoming = new();
    private readonly object _wakeGate = new();
    private readonly LinkedList<PictureWork> _waiting = new();
    private readonly RunTable _table;
    private readonly PrefixCache _prefixes;
    private readonly TokenSampler _sampler = new();
    private readonly BatchStep _step;
    private int _slots;
    private bool _holdAdmission;
    private int _failures;
    private volatile Exception? _dead;
    private volatile bool _stop;
    private bool _woken;

    /// <summary>Creates the loop; <see cref="Run"/> is to be called on its thread.</summary>
    /// <param name="decoder">The decoder, from now on called only by this loop (and <c>EncodeImage</c> by the encode loop).</param>
    /// <param name="options">Checked options.</param>
    /// <param name="metrics">Where it counts.</param>
    /// <param name="time">For durations.</param>
    /// <param name="logger">For failures.</param>
    /// <param name="left">Called once for each enqueued work when the loop lets go of it, however it ended.</param>
    /// <param name="died">Called when the decoder can't be used any more.</param>
    public DecodeLoop(
        ISequenceDecoder decoder,
        BatcherOptions options,
        BatcherMetrics metrics,
        TimeProvider time,
        ILogger logger,
        Action<PictureWork> left,
        Action<Exception> died)
    {
        (_decoder, _metrics, _time, _logger, _left, _died) = (decoder, metrics, time, logger, left, died);
        _step = new BatchStep(decoder, options, metrics, time, logger);
        _slots = options.Slots;
        _table = new RunTable(decoder, metrics, options.Slots);
        _prefixes = new PrefixCache(decoder, options.Slots, options.Prefixes);
    }

    /// <summary>Hands an encoded picture over. Any thread.</summary>
    public void Enqueue(PictureWork work)
    {
        _incoming.Enqueue(work);
        Wake();
    }

    /// <summary>Has the loop look at cancelled pictures now. Any thread.</summary>
    public void Wake()
    {
        lock (_wakeGate)
        {
            _woken = true;
            Monitor.Pulse(_wakeGate);
        }
    }

    /// <summary>Ends the loop before its next step; pictures that run fail with an error that allows another try. Any thread.</summary>
    public void Stop()
    {
        _stop = true;
        Wake();
    }

    /// <summary>From now on every picture fails with this. Any thread.</summary>
    public void Die(Exception error)
    {
        _dead = error;
        Wake();
    }

    /// <summary>Fails what was enqueued after the loop ended; only once the threads have ended.</summary>
    public void FailIncoming() => FailAll(BatcherErrors.Stopping());

    /// <summary>The thread's body.</summary>
    public void Run()
    {
        while (!_stop)
        {
            TakeIncoming();
            try
            {
                FreeCancelled();
                _table.ForkWaiting(_slots);
                Admit();
                if (_table.Runs.Count > 0)
                {
                    Step();
                    continue;
                }
            }
            catch (Exception error)
            {
                Recover(error);
                continue;
            }

            WaitForWake();
        }

        FailAll(BatcherErrors.Stopping());
    }

    private void WaitForWake()
    {
        var started = _time.GetTimestamp();
        lock (_wakeGate)
        {
            while (!_woken)
            {
                Monitor.Wait(_wakeGate);
            }

            _woken = false;
        }

        _metrics.Add(Count.IdleTicks, _time.GetElapsedTime(Math.Max(started, _metrics.BusySince)).Ticks);
    }

    private void TakeIncoming()
    {
        while (_incoming.TryDequeue(out var work))
        {
            var plan = work.Request.Plan;
            var cells = plan.PrefixTokens.Count + CellsFor(work);
            if (_dead is not null)
            {
                Fail(work, BatcherErrors.Dead(_dead));
            }
            else if (cells > _decoder.Info.ContextTokens)
            {
                Fail(work, BatcherErrors.ContextTooSmall(work, cells, _decoder.Info.ContextTokens));
            }
            else
            {
                _waiting.AddLast(work);
            }
        }
    }

    private void FreeCancelled()
    {
        foreach (var run in _table.Runs.Where(r => r.Work.IsDone).ToArray())
        {
            Free(run);
            _left(run.Work);
        }

        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.IsDone)
            {
                _waiting.Remove(node);
                _left(node.Value);
            }

            node = next;
        }
    }

    /// <summary>Gives free slots to the pictures that wait, in their order: the first that finds no room holds those behind it.</summary>
    private void Admit()
    {
        while (!_holdAdmission && _table.HasFree && _table.Slots.Count < _slots && _waiting.First is { } first)
        {
            var work = first.Value;
            var plan = work.Request.Plan;
            var cells = CellsFor(work);
            var budget = _decoder.Info.ContextTokens - _table.Cells - cells;
            if (GetPrefix(work, budget) is not { } prefix)
            {
                if (_table.Runs.Count > 0)
                {
                    return;
                }

                // Nothing runs and it still does not fit, so the decoder holds less than it says.
                _waiting.RemoveFirst();
                Fail(work, BatcherErrors.ContextTooSmall(work, cells + plan.PrefixTokens.Count, _decoder.Info.ContextTokens));
                continue;
            }

            _waiting.RemoveFirst();
            Start(work, prefix, cells);
        }
    }

    private PromptPrefix? GetPrefix(PictureWork work, int cells)
    {
        try
        {
            return _prefixes.Get(work.Request.Plan, cells, CountPrefix);
        }
        catch (Exception error)
        {
            // Not tried again here: a prefix that the decoder chokes on would hold all that wait behind it.
            _waiting.Remove(work);
            Fail(work, BatcherErrors.DecoderFailed(work, error));
            throw;
        }
    }

    private void Start(PictureWork work, PromptPrefix prefix, int cells)
    {
        var suffix = SuffixOf(work);
        var run = _table.Start(sequence => new PictureRun(work, prefix, sequence, suffix, _sampler) { Cells = cells, AdmittedAt = _time.GetTimestamp() });
        if (run.NeedsNothing)
        {
            // Every field has one value only.
            Free(run);
            Complete(run);
        }
    }

    private static IReadOnlyList<int> SuffixOf(PictureWork work) => work.Request.Plan.SuffixTokensFor(work.Request.Facts);

    private static int CellsFor(PictureWork work) => work.Request.Plan.CellsFor(work.ImageTokens, SuffixOf(work).Count);

    private void Step()
    {
        if (!_step.Run(_table.Slots))
        {
            MakeRoom();
            return;
        }

        _failures = 0;
        foreach (var run in _table.TakeComplete())
        {
            _holdAdmission = false;
            Complete(run);
        }
    }

    private void Complete(PictureRun run)
    {
        run.Work.TryComplete(run.ToCaption(_time));
        _left(run.Work);
    }

    private void Free(PictureRun run)
    {
        _holdAdmission = false;
        _table.Free(run);
    }

    private void Fail(PictureWork work, CaptionException error)
    {
        work.TryFail(error);
        _left(work);
    }

    /// <summary>The cache is full although admission counted cells: the youngest picture starts over once another has finished.</summary>
    private void MakeRoom()
    {
        if (_prefixes.EvictIdle(keep: null))
        {
            return;
        }

        var youngest = _table.Runs[^1];
        LogNoRoom(_logger, youngest.Work.Request.Name, _table.Runs.Count, _decoder.Info.ContextTokens);
        Free(youngest);
        if (_table.Runs.Count == 0)
        {
            Fail(youngest.Work, BatcherErrors.Outgrown(youngest.Work, _decoder.Info.ContextTokens));
            return;
        }

        _metrics.Add(Count.PutBack);
        _waiting.AddFirst(youngest.Work);
        _holdAdmission = true;
    }

    private void Recover(Exception error)
    {
        LogStepFailed(_logger, _table.Runs.Count, error);
        _failures = HasLessAtOnce(error) ? 0 : _failures + 1;
        var running = _table.Runs.ToArray();
        var isDead = error is SequenceDecoderException { IsFatal: true } || _failures >= FailuresUntilDead;
        try
        {
            foreach (var run in running)
            {
                Free(run);
            }

            _prefixes.Clear();
        }
        catch (Exception second)
        {
            LogStepFailed(_logger, _table.Runs.Count, second);
            _table.Forget();
            isDead = true;
        }

        foreach (var run in running)
        {
            Fail(run.Work, BatcherErrors.DecoderFailed(run.Work, error));
        }

        if (isDead)
        {
            _died(error);
            FailAll(BatcherErrors.Dead(error));
        }
    }

    /// <summary>True where memory ran out and there was a step to fall back: half as many sequences from now on, and shorter slices of pictures. Never raised again.</summary>
    private bool HasLessAtOnce(Exception error)
    {
        if (error is not SequenceDecoderException { IsOutOfMemory: true } || _slots == 1)
        {
            return false;
        }

        _slots /= 2;
        _step.HalveSlices();
        LogLessAtOnce(_logger, _slots);
        return true;
    }

    private void FailAll(CaptionException error)
    {
        foreach (var run in _table.Runs)
        {
            Fail(run.Work, error);
        }

        _table.Forget();
        foreach (var work in _waiting)
        {
            Fail(work, error);
        }

        _waiting.Clear();
        while (_incoming.TryDequeue(out var work))
        {
            Fail(work, error);
        }
    }

    private void CountPrefix(PromptPrefix prefix)
    {
        _metrics.Add(Count.PrefixesDecoded);
        _metrics.Add(Count.TextTokens, prefix.Cells);
    }

    [LoggerMessage(301, LogLevel.Error, "A decode step failed with {Running} pictures in it")]
    private static partial void LogStepFailed(ILogger logger, int running, Exception error);

    [LoggerMessage(304, LogLevel.Warning, "Memory ran out in a decode step. From now on {Slots} sequences at once; start with fewer --slots, or run 'captioner doctor --model' to see what fits")]
    private static partial void LogLessAtOnce(ILogger logger, int slots);

    [LoggerMessage(302, LogLevel.Warning, "The KV cache has no room for {Running} pictures although {Cells} cells were counted; '{Name}' starts over")]
    private static partial void LogNoRoom(ILogger logger, string name, int running, int cells);
}
