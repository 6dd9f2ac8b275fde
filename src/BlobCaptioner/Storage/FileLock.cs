namespace BlobCaptioner.Storage;

/// <summary>A lock between processes on one machine. The operating system releases it when the process ends, even if it is killed.</summary>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    // HResults of an open with FileShare.None while another process holds the file: EWOULDBLOCK (Linux, macOS), ERROR_SHARING_VIOLATION.
    private static readonly int[] HeldErrors = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the lock; null where another process holds it.</summary>
    /// <param name="path">The lock's file. It is created and never removed: removing it could let two processes in.</param>
    /// <exception cref="IOException">The file can't be created or opened.</exception>
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
    /// <param name="onWait">Called once if it has to wait; null for none.</param>
    /// <param name="time">Clock of the waits.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IOException">The file can't be created or opened.</exception>
    public static async Task<FileLock> TakeAsync(string path, Action? onWait, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var hasWaited = false; ; hasWaited = true)
        {
            if (TryTake(path) is { } taken)
            {
                return taken;
            }

            if (!hasWaited)
            {
                onWait?.Invoke();
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
