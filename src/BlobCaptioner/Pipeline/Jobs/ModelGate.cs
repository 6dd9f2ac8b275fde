namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Limits how many images are with the model at once; an image may also be there alone.</summary>
internal sealed class ModelGate(int places)
{
    private readonly Places _free = new(places);
    private readonly Places _alone = new(1);

    /// <summary>Waits for a place, or for all places to be alone. Dispose the result to leave.</summary>
    public async Task<IDisposable> EnterAsync(bool alone, CancellationToken cancellationToken)
    {
        if (!alone)
        {
            await _free.TakeAsync(cancellationToken);
            return new Stay(_free, 1, alone: null);
        }

        // One caller at a time collects places: otherwise two would wait for each other.
        await _alone.TakeAsync(cancellationToken);
        var taken = 0;
        try
        {
            for (; taken < places; taken++)
            {
                await _free.TakeAsync(cancellationToken);
            }
        }
        catch
        {
            new Stay(_free, taken, _alone).Dispose();
            throw;
        }

        return new Stay(_free, places, _alone);
    }

    private sealed class Stay(Places free, int taken, Places? alone) : IDisposable
    {
        public void Dispose()
        {
            free.Release(taken);
            alone?.Release();
        }
    }
}
