namespace BlobCaptioner.Cli.Folders;

/// <summary>A file that gets its name only when it is complete.</summary>
internal sealed class ExportFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private bool _isComplete;

    private ExportFile(string path)
    {
        _path = path;
        _temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        Stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true);
    }

    /// <summary>Receives the content.</summary>
    public FileStream Stream { get; }

    /// <summary>Creates a temporary file beside the target.</summary>
    /// <exception cref="IOException">The folder can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there.</exception>
    public static ExportFile Create(string path) => new(Path.GetFullPath(path));

    /// <summary>Gives the file its name, replacing an existing file.</summary>
    public async Task CompleteAsync()
    {
        await Stream.DisposeAsync();
        File.Move(_temporary, _path, overwrite: true);
        _isComplete = true;
    }

    /// <summary>Deletes the file if it is not complete.</summary>
    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        if (!_isComplete)
        {
            File.Delete(_temporary);
        }
    }
}
