namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Lets a number of pictures in to the model at once, or a single one alone.</summary>
internal sealed class ModelGate(int places) : IDisposable
{
    private readonly SemaphoreSlim _free = new(places);
    private readonly SemaphoreSlim _alone = new(1);

    /// <summary>Waits for a place; for all of them where the picture is to be alone. Leave by disposing.</summary>
    public async Task<IDisposable> EnterAsync(bool alone, CancellationToken cancellationToken)
    {
        if (!alone)
        {
            await _free.WaitAsync(cancellationToken);
            return new Stay(_free, 1, alone: null);
        }

        // One at a time collects places, or two would wait for each other.
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
