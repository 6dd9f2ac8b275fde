namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Limits how many images are with the model at once; an image may also be there alone.</summary>
internal sealed class ModelGate(int places) : IDisposable
{
    private readonly SemaphoreSlim _free = new(places);
    private readonly SemaphoreSlim _alone = new(1);

    /// <summary>Waits for a place, or for all places to be alone. Dispose the result to leave.</summary>
    public async Task<IDisposable> EnterAsync(bool alone, CancellationToken cancellationToken)
    {
        if (!alone)
        {
            await _free.WaitAsync(cancellationToken);
            return new Stay(_free, 1, alone: null);
        }

        // One caller at a time collects places: otherwise two would wait for each other.
        await _alone.WaitAsync(cancellationToken);
        var taken = 0;
        try
        {
            for (; taken < places; taken++)
            {
                await _free.WaitAsync(cancellationToken);
            }
        }
        catch
        {
            new Stay(_free, taken, _alone).Dispose();
            throw;
        }

        return new Stay(_free, places, _alone);
    }

    public void Dispose()
    {
        _free.Dispose();
        _alone.Dispose();
    }

    private sealed class Stay(SemaphoreSlim free, int taken, SemaphoreSlim? alone) : IDisposable
    {
        public void Dispose()
        {
            if (taken > 0)
            {
                free.Release(taken);
            }

            alone?.Release();
        }
    }
}
