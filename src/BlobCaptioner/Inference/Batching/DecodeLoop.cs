using System.Collections.Concurrent;
using BlobCaptioner.Captioning;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Inference.Batching;

/// <summary>
/// The thread that owns the context: takes encoded pictures over, runs the scheduler's steps, and recovers from those that fail. Everything but <see cref="Enqueue"/>,
/// <see cref="Wake"/> and <see cref="Stop"/> happens on that thread.
/// </summary>
internal sealed partial class DecodeLoop
{
    // A decoder that fails this often in a row won't recover by itself.
    private const int FailuresUntilDead = 3;

    private readonly BatcherMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Func<Exception?> _dead;
    private readonly Action<Exception> _died;
    private readonly ConcurrentQueue<Picture> _incoming = new();
    private readonly object _wakeGate = new();
    private readonly int _contextTokens;
    private readonly PictureTable _table;
    private readonly PrefixCache _prefixes;
    private readonly Scheduler _scheduler;
    private int _failures;
    private volatile bool _stop;
    private bool _woken;

    /// <summary>Creates the loop; <see cref="Run"/> is to be called on its thread.</summary>
    /// <param name="decoder">The decoder, from now on called only by this loop (and <c>EncodeImage</c> by the encode loop).</param>
    /// <param name="options">Checked options.</param>
    /// <param name="metrics">Where it counts.</param>
    /// <param name="time">For durations.</param>
    /// <param name="logger">For failures.</param>
    /// <param name="left">Called once for each enqueued picture when the loop lets go of it, however it ended.</param>
    /// <param name="dead">Why the decoder can't be used any more; null while it can.</param>
    /// <param name="died">Called when the decoder can't be used any more.</param>
    public DecodeLoop(
        ISequenceDecoder decoder, BatcherOptions options, BatcherMetrics metrics, TimeProvider time, ILogger logger, Action<Picture> left,
        Func<Exception?> dead, Action<Exception> died)
    {
        (_metrics, _time, _logger, _dead, _died, _contextTokens) = (metrics, time, logger, dead, died, decoder.Info.ContextTokens);
        _table = new PictureTable(decoder, metrics, time, options.Slots, left);
        _prefixes = new PrefixCache(decoder, metrics, options.Slots, options.Prefixes);
        _scheduler = new Scheduler(decoder, _table, _prefixes, new ModelRunner(decoder, options, metrics, time, logger), options.Slots, logger);
    }

    /// <summary>Hands an encoded picture over. Any thread.</summary>
    public void Enqueue(Picture picture)
    {
        _incoming.Enqueue(picture);
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

    /// <summary>Fails what was enqueued after the loop ended; only once the threads have ended.</summary>
    public void FailIncoming() => FailAll(CaptionException.Stopping());

    /// <summary>The thread's body.</summary>
    public void Run()
    {
        while (!_stop)
        {
            try
            {
                TakeIncoming();
                if (_scheduler.Step())
                {
                    _failures = 0;
                }
                else
                {
                    WaitForWake();
                }
            }
            catch (Exception error)
            {
                Recover(error);
            }
        }

        FailAll(CaptionException.Stopping());
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

        _metrics.Add(BatcherMetrics.Count.IdleTicks, _time.GetElapsedTime(Math.Max(started, _metrics.BusySince)).Ticks);
    }

    private void TakeIncoming()
    {
        while (_incoming.TryDequeue(out var picture))
        {
            if (_dead() is { } error)
            {
                _table.Fail(picture, BatcherErrors.Dead(error));
            }
            else if (picture.Plan.PrefixTokens.Count + picture.Cells > _contextTokens)
            {
                _table.Fail(picture, BatcherErrors.ContextTooSmall(picture, _contextTokens));
            }
            else
            {
                _table.Add(picture);
            }
        }
    }

    /// <summary>A step failed. The pictures in it may be tried again; whether the decoder goes on depends on the error and on how often it came.</summary>
    private void Recover(Exception error)
    {
        LogStepFailed(_logger, _table.Running.Count, error);
        _failures = error is SequenceDecoderException { IsOutOfMemory: true } && _scheduler.TryReduceSlots() ? 0 : _failures + 1;
        var isDead = error is SequenceDecoderException { IsFatal: true } || _failures >= FailuresUntilDead;
        Picture[] running = [.. _table.Running];
        try
        {
            Array.ForEach(running, picture => _table.Fail(picture, BatcherErrors.DecoderFailed(picture, error)));
            _prefixes.Clear();
        }
        catch (Exception second)
        {
            LogStepFailed(_logger, _table.Running.Count, second);
            Array.ForEach(running, picture => picture.TryFail(BatcherErrors.DecoderFailed(picture, error)));
            isDead = true;
        }

        if (isDead)
        {
            _died(error);
            FailAll(BatcherErrors.Dead(error));
        }
    }

    private void FailAll(CaptionException error)
    {
        _table.FailAll(error);
        while (_incoming.TryDequeue(out var picture))
        {
            _table.Fail(picture, error);
        }
    }

    [LoggerMessage(301, LogLevel.Error, "A decode step failed with {Running} pictures in it")]
    private static partial void LogStepFailed(ILogger logger, int running, Exception error);
}
