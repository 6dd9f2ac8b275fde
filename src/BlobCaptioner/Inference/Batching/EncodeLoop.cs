using System.Security.Cryptography;
using System.Threading.Channels;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The thread beside the decode thread: runs the vision tower over the next pictures, a bounded number ahead.</summary>
/// <param name="decoder">Only its <c>EncodeImage</c> is called here.</param>
/// <param name="pictures">Submitted pictures, in their order.</param>
/// <param name="ahead">Most pictures whose embeddings are in memory: in slots or before them.</param>
/// <param name="kept">Embeddings of the last pictures.</param>
/// <param name="metrics">Where it counts.</param>
/// <param name="time">For durations.</param>
/// <param name="dead">Why the decoder can't be used any more; null while it can.</param>
internal sealed class EncodeLoop(
    ISequenceDecoder decoder,
    ChannelReader<Picture> pictures,
    int ahead,
    EncodingCache kept,
    BatcherMetrics metrics,
    TimeProvider time,
    Func<Exception?> dead) : IDisposable
{
    private readonly SemaphoreSlim _room = new(ahead);

    /// <summary>A request's embeddings are gone. Any thread.</summary>
    public void Release(Picture picture)
    {
        if (picture.Places > 0)
        {
            _room.Release(picture.Places);
            picture.Places = 0;
        }
    }

    /// <summary>To be called when nothing is left to release.</summary>
    public void Dispose() => _room.Dispose();

    /// <summary>The thread's body; ends when the channel is completed and empty.</summary>
    /// <param name="encoded">Takes an encoded picture over; <see cref="Release"/> is due for it.</param>
    /// <param name="died">Called when the decoder can't be used any more.</param>
    /// <param name="stop">Pictures fail instead of being encoded once this is cancelled.</param>
    public void Run(Action<Picture> encoded, Action<Exception> died, CancellationToken stop)
    {
        // This thread is ours alone and has nothing else to do.
        foreach (var picture in pictures.ReadAllAsync(CancellationToken.None).ToBlockingEnumerable(CancellationToken.None))
        {
            // It may be given up while it waits for its places.
            if (!picture.IsCompleted && TryWait(picture, stop) && TryEncode(picture, died))
            {
                encoded(picture);
            }
            else
            {
                Release(picture);
            }
        }
    }

    // A request of more pictures than there are places takes all of them; otherwise it would wait for itself.
    private bool TryWait(Picture picture, CancellationToken stop)
    {
        try
        {
            for (var wanted = Math.Min(picture.Pixels.Count, ahead); picture.Places < wanted; picture.Places++)
            {
                _room.Wait(stop);
            }

            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            picture.TryFail(CaptionException.Stopping());
            return false;
        }
    }

    private bool TryEncode(Picture picture, Action<Exception> died)
    {
        if (dead() is { } error)
        {
            picture.TryFail(BatcherErrors.Dead(error));
        }

        if (picture.IsCompleted)
        {
            return false;
        }

        var started = time.GetTimestamp();
        var images = new List<EncodedImage>();
        var isReused = true;
        try
        {
            foreach (var image in picture.Pixels)
            {
                if (picture.IsCompleted)
                {
                    return false;
                }

                var key = EncodingCache.KeyOf(image);
                if (kept.Find(key) is { } known)
                {
                    images.Add(known);
                    continue;
                }

                isReused = false;
                images.Add(decoder.EncodeImage(image));
                kept.Keep(key, images[^1]);
            }

            picture.IsEncodingReused = isReused;
            picture.Encoded = images;
            return true;
        }
        catch (Exception failure)
        {
            picture.TryFail(BatcherErrors.NotEncodable(picture, images.Count, failure));
            if (failure is SequenceDecoderException { IsFatal: true })
            {
                died(failure);
            }

            return false;
        }
        finally
        {
            picture.EncodeTime = time.GetElapsedTime(started);
            metrics.Add(BatcherMetrics.Count.EncodeTicks, picture.EncodeTime.Ticks);
        }
    }
}

/// <summary>The last pictures' embeddings, so that another question about a picture, or the same pixels again, costs no vision tower. Encode thread only.</summary>
/// <param name="capacity">Pictures that are kept; 0 for none.</param>
internal sealed class EncodingCache(int capacity)
{
    private readonly LinkedList<(string Key, EncodedImage Image)> _kept = [];

    /// <summary>A picture's key: SHA-256 over its size and pixels.</summary>
    public static string KeyOf(PixelImage image)
    {
        Span<byte> size = stackalloc byte[8];
        BitConverter.TryWriteBytes(size, image.Width);
        BitConverter.TryWriteBytes(size[4..], image.Height);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(size);
        hash.AppendData(image.Rgb.Span);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>A picture's embeddings; null if they are not kept.</summary>
    public EncodedImage? Find(string key)
    {
        for (var node = _kept.First; node is not null; node = node.Next)
        {
            if (node.Value.Key == key)
            {
                _kept.Remove(node);
                _kept.AddFirst(node);
                return node.Value.Image;
            }
        }

        return null;
    }

    /// <summary>Keeps a picture. The least recently used makes way.</summary>
    public void Keep(string key, EncodedImage image)
    {
        _kept.AddFirst((key, image));
        if (_kept.Count > capacity)
        {
            _kept.RemoveLast();
        }
    }
}
