using System.Threading.Channels;

namespace BlobCaptioner.Inference;

/// <summary>The thread beside the decode thread: runs the vision tower over the next pictures, a bounded number ahead.</summary>
/// <param name="decoder">Only its <c>EncodeImage</c> is called here.</param>
/// <param name="pictures">Submitted pictures, in their order.</param>
/// <param name="ahead">Most pictures whose embeddings are in memory: in slots or before them.</param>
/// <param name="metrics">Where it counts.</param>
/// <param name="time">For durations.</param>
internal sealed class EncodeLoop(
    ISequenceDecoder decoder,
    ChannelReader<PictureWork> pictures,
    int ahead,
    BatcherMetrics metrics,
    TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _room = new(ahead);
    private volatile Exception? _dead;

    /// <summary>One picture's embeddings are gone. Any thread.</summary>
    public void Release() => _room.Release();

    /// <summary>To be called when nothing is left to release.</summary>
    public void Dispose() => _room.Dispose();

    /// <summary>From now on every picture fails with this. Any thread.</summary>
    public void Die(Exception error) => _dead = error;

    /// <summary>The thread's body; ends when the channel is completed and empty.</summary>
    /// <param name="encoded">Takes an encoded picture over; <see cref="Release"/> is due for it.</param>
    /// <param name="died">Called when the decoder can't be used any more.</param>
    /// <param name="stop">Pictures fail instead of being encoded once this is cancelled.</param>
    public void Run(Action<PictureWork> encoded, Action<Exception> died, CancellationToken stop)
    {
        while (Take() is { } work)
        {
            if (!work.IsDone && !Wait(stop))
            {
                work.TryFail(BatcherErrors.Stopping());
            }

            if (work.IsDone)
            {
                continue;
            }

            if (TryEncode(work, died))
            {
                encoded(work);
            }
            else
            {
                _room.Release();
            }
        }
    }

    private PictureWork? Take()
    {
        while (true)
        {
            if (pictures.TryRead(out var work))
            {
                return work;
            }

            // This thread is ours alone and has nothing else to do.
            if (!pictures.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
            {
                return null;
            }
        }
    }

    private bool Wait(CancellationToken stop)
    {
        try
        {
            _room.Wait(stop);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private bool TryEncode(PictureWork work, Action<Exception> died)
    {
        if (_dead is { } dead)
        {
            work.TryFail(BatcherErrors.Dead(dead));
        }

        if (work.IsDone)
        {
            return false;
        }

        var started = time.GetTimestamp();
        try
        {
            work.Encoded = decoder.EncodeImage(work.Request.Images[0]);
            return true;
        }
        catch (Exception error)
        {
            work.TryFail(BatcherErrors.NotEncodable(work, error));
            if (error is SequenceDecoderException { IsFatal: true })
            {
                died(error);
            }

            return false;
        }
        finally
        {
            work.EncodeTime = time.GetElapsedTime(started);
            metrics.Add(BatcherMetrics.Count.EncodeTicks, work.EncodeTime.Ticks);
        }
    }
}
