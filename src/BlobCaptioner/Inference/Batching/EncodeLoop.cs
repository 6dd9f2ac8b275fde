using System.Threading.Channels;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The thread beside the decode thread: runs the vision tower over the next pictures, a bounded number ahead.</summary>
/// <param name="decoder">Only its <c>EncodeImage</c> is called here.</param>
/// <param name="pictures">Submitted pictures, in their order.</param>
/// <param name="ahead">Most pictures whose embeddings are in memory: in slots or before them.</param>
/// <param name="kept">Embeddings of the last pictures.</param>
/// <param name="metrics">Where it counts.</param>
/// <param name="time">For durations.</param>
internal sealed class EncodeLoop(
    ISequenceDecoder decoder,
    ChannelReader<PictureWork> pictures,
    int ahead,
    EncodedImages kept,
    BatcherMetrics metrics,
    TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _room = new(ahead);
    private volatile Exception? _dead;

    /// <summary>A request's embeddings are gone. Any thread.</summary>
    public void Release(PictureWork work)
    {
        if (work.Places > 0)
        {
            _room.Release(work.Places);
            work.Places = 0;
        }
    }

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
            if (!work.IsDone && !Wait(work, stop))
            {
                work.TryFail(BatcherErrors.Stopping());
            }

            if (work.IsDone)
            {
                // It may have been given up while it waited for its places.
                Release(work);
                continue;
            }

            if (TryEncode(work, died))
            {
                encoded(work);
            }
            else
            {
                Release(work);
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

    // A request of more pictures than there are places takes all of them; otherwise it would wait for itself.
    private bool Wait(PictureWork work, CancellationToken stop)
    {
        try
        {
            for (var wanted = Math.Min(work.Request.Images.Count, ahead); work.Places < wanted; work.Places++)
            {
                _room.Wait(stop);
            }

            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Release(work);
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
        var images = new List<EncodedImage>();
        var isReused = true;
        try
        {
            foreach (var image in work.Request.Images)
            {
                if (work.IsDone)
                {
                    return false;
                }

                var key = EncodedImages.KeyOf(image);
                if (kept.Find(key) is { } known)
                {
                    images.Add(known);
                    continue;
                }

                isReused = false;
                images.Add(decoder.EncodeImage(image));
                kept.Keep(key, images[^1]);
            }

            work.IsEncodingReused = isReused;
            work.Encoded = images;
            return true;
        }
        catch (Exception error)
        {
            work.TryFail(BatcherErrors.NotEncodable(work, images.Count, error));
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
