using BlobCaptioner.Captioning;

namespace BlobCaptioner.Estimates;

/// <summary>Describes a sample with a model that is kept as busy as in a long run.</summary>
internal sealed class SampleRun(ICaptionModel model, TimeProvider time)
{
    /// <summary>The same pictures with times and tokens, in their order.</summary>
    public async Task<IReadOnlyList<SampledPicture>> MeasureAsync(IReadOnlyList<SampledPicture> pictures, CancellationToken cancellationToken)
    {
        var asked = Enumerable.Range(0, pictures.Count).Where(i => pictures[i].Request is not null).ToArray();
        var results = pictures.ToArray();
        if (asked.Length == 0)
        {
            return results;
        }

        // what the first picture of a process alone has to wait for is not what the others cost
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
