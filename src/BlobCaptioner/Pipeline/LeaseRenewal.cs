namespace BlobCaptioner.Pipeline;

/// <summary>Renews a lease at half of its time, until it ends or is lost.</summary>
internal static class LeaseRenewal
{
    /// <summary>Renews. Any failure is tried again soon: only <paramref name="renew"/> can say that the lease is lost.</summary>
    /// <param name="lease">How long the lease lasts after each renewal.</param>
    /// <param name="time">Clock of the waits.</param>
    /// <param name="renew">Renews once; false where the lease is lost.</param>
    /// <param name="onTrouble">Called with a failure that is tried again.</param>
    /// <param name="ended">Ends it, without an exception.</param>
    /// <returns>False where the lease is lost.</returns>
    public static async Task<bool> RunAsync(
        TimeSpan lease, TimeProvider time, Func<CancellationToken, Task<bool>> renew, Action<Exception> onTrouble, CancellationToken ended)
    {
        var wait = lease / 2;
        try
        {
            while (true)
            {
                await Task.Delay(wait, time, ended);
                try
                {
                    if (!await renew(ended))
                    {
                        return false;
                    }

                    wait = lease / 2;
                }
                catch (Exception error) when (!ended.IsCancellationRequested)
                {
                    onTrouble(error);
                    wait = lease / 10;
                }
            }
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            return true;
        }
    }
}
