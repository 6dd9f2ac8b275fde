using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Records;

namespace BlobCaptioner.Estimates;

/// <summary>Describes a sample while the model is kept as busy as in a long run.</summary>
internal sealed class SampleRun(ICaptionModel model, TimeProvider time)
{
    /// <summary>Returns the pictures in the same order, with their times and tokens.</summary>
    public async Task<IReadOnlyList<SampledPicture>> MeasureAsync(IReadOnlyList<SampledPicture> pictures, CancellationToken cancellationToken)
    {
        var asked = Enumerable.Range(0, pictures.Count).Where(i => pictures[i].Request is not null).ToArray();
        var results = pictures.ToArray();
        if (asked.Length == 0)
        {
            return results;
        }

        // The first picture of a process waits longer than the others, so it is described once before the measurement.
        await DescribeAsync(pictures[asked[0]], cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (next, left) = (-1, asked.Length);
        await Task.WhenAll(Enumerable.Range(0, model.Concurrency).Select(_ => WorkAsync()));
        cancellationToken.ThrowIfCancellationRequested();
        return results;

        async Task WorkAsync()
        {
            while (!enough.IsCancellationRequested)
            {
                var turn = Interlocked.Increment(ref next);
                var place = asked[turn % asked.Length];
                SampledPicture result;
                try
                {
                    result = await DescribeAsync(pictures[place], enough.Token);
                }
                catch (OperationCanceledException) when (enough.IsCancellationRequested)
                {
                    return;
                }
                catch
                {
                    await enough.CancelAsync();
                    throw;
                }

                if (turn < asked.Length)
                {
                    results[place] = result;
                    if (Interlocked.Decrement(ref left) == 0)
                    {
                        await enough.CancelAsync();
                    }
                }
            }
        }
    }

    private async Task<SampledPicture> DescribeAsync(SampledPicture picture, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        try
        {
            var caption = await model.DescribeAsync(picture.Request!, cancellationToken);
            return picture with { Elapsed = time.GetElapsedTime(began), Usage = caption.Usage };
        }
        catch (CaptionException error)
        {
            return picture with { Elapsed = time.GetElapsedTime(began), Error = new(error.Code, error.Message, error.Remedy), IsFailed = error.Retry };
        }
    }
}

/// <summary>One picture of the sample: its request and its result.</summary>
internal sealed record SampledPicture
{
    /// <summary>Request to the model; null where the picture was rejected before.</summary>
    public CaptionRequest? Request { get; init; }

    /// <summary>Time to read and prepare it.</summary>
    public TimeSpan Preparation { get; init; }

    /// <summary>Time from the request to the answer; zero without a request.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Tokens; null where it was not described.</summary>
    public CaptionUsage? Usage { get; init; }

    /// <summary>Why it was not described; null where it was described.</summary>
    public RecordError? Error { get; init; }

    /// <summary>True where another try may succeed.</summary>
    public bool IsFailed { get; init; }
}

/// <summary>A uniform sample of a stream of unknown length (Vitter's algorithm R). Only the sample is kept in memory.</summary>
internal sealed class Reservoir<T>(int size, ulong seed)
{
    private readonly List<T> _sample = new(size);
    private SplitMix64 _random = new(seed);

    /// <summary>Elements seen.</summary>
    public long Seen { get; private set; }

    /// <summary>The sample so far.</summary>
    public IReadOnlyList<T> Sample => _sample;

    /// <summary>Adds the next element of the stream.</summary>
    public void Add(T element)
    {
        Seen++;
        if (_sample.Count < size)
        {
            _sample.Add(element);
            return;
        }

        // 53 bits are uniform to one part in a million for any container that can be listed.
        var place = (long)(_random.NextDouble() * Seen);
        if (place < size)
        {
            _sample[(int)place] = element;
        }
    }
}
