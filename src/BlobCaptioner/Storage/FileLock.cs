namespace BlobCaptioner.Storage;

/// <summary>A lock between processes on one machine. The system lets go of it when its holder ends, however it ends.</summary>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    // What an open with FileShare.None says when another process holds the file: EWOULDBLOCK (Linux, macOS), ERROR_SHARING_VIOLATION.
    private static readonly int[] HeldErrors = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or returns null where another process holds it.</summary>
    /// <param name="path">The lock's file; it is made, and left behind, since removing it could let two in.</param>
    /// <exception cref="IOException">The file can't be made or opened.</exception>
    public static FileLock? TryTake(string path)
    {
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (IOException error) when (Array.IndexOf(HeldErrors, error.HResult) >= 0)
        {
            return null;
        }
    }

    /// <summary>Takes the lock, waiting for as long as another process holds it.</summary>
    /// <param name="path">The lock's file.</param>
    /// <param name="onWait">Called once where it has to wait; null for nobody.</param>
    /// <param name="time">Clock of the waits.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IOException">The file can't be made or opened.</exception>
    public static async Task<FileLock> TakeAsync(string path, Action? onWait, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var told = false; ; told = true)
        {
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            if (!told)
            {
                onWait?.Invoke();
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
