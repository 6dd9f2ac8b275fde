namespace BlobCaptioner.LlamaCpp.Setup;

/// <summary>Lets one process at a time set up; the operating system releases it when a process dies.</summary>
internal static class SetupLock
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(250);

    // What an open with FileShare.None says when another process holds the file: EWOULDBLOCK (Linux, macOS), ERROR_SHARING_VIOLATION.
    private static readonly int[] s_heldErrors = [11, 35, unchecked((int)0x80070020)];

    /// <summary>Waits for the lock.</summary>
    /// <param name="path">The lock file; it stays.</param>
    /// <param name="onWait">Called once where another process holds it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Dispose to release.</returns>
    public static async Task<IDisposable> AcquireAsync(string path, Action onWait, CancellationToken cancellationToken)
    {
        var told = false;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (Array.IndexOf(s_heldErrors, e.HResult) >= 0)
            {
                if (!told)
                {
                    told = true;
                    onWait();
                }

                await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
            }
        }
    }
}
