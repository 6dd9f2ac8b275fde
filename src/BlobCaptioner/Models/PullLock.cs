namespace BlobCaptioner.Models;

/// <summary>Lets one pull at a time receive a file. The system lets go of it when its holder ends, however it ends.</summary>
internal static class PullLock
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(250);

    // what an open with FileShare.None says when another holds the file: EWOULDBLOCK (Linux, macOS), ERROR_SHARING_VIOLATION
    private static readonly int[] s_heldErrors = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Takes the lock, waiting for as long as another pull holds it.</summary>
    /// <param name="path">The lock's file; it is made and left behind, since removing it could let two in.</param>
    /// <param name="onWait">Called once where it has to wait.</param>
    /// <param name="time">Clock of the waits.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Dispose to release.</returns>
    public static async Task<IDisposable> TakeAsync(string path, Action onWait, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var told = false; ; told = true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException ex) when (Array.IndexOf(s_heldErrors, ex.HResult) >= 0)
            {
                if (!told)
                {
                    onWait();
                }

                await Task.Delay(s_poll, time, cancellationToken);
            }
        }
    }
}
