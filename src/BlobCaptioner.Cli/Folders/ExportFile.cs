namespace BlobCaptioner.Cli.Folders;

/// <summary>A file that appears under its name only when it is complete.</summary>
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

    /// <summary>Takes the contents.</summary>
    public FileStream Stream { get; }

    /// <summary>Begins one beside its place.</summary>
    /// <exception cref="IOException">Its folder can't be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor by whom this runs as.</exception>
    public static ExportFile Create(string path) => new(Path.GetFullPath(path));

    /// <summary>Moves it to its place; what lay there is replaced.</summary>
    public async Task CompleteAsync()
    {
        await Stream.DisposeAsync();
        File.Move(_temporary, _path, overwrite: true);
        _isComplete = true;
    }

    /// <summary>Takes away what is not complete.</summary>
    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        if (!_isComplete)
        {
            File.Delete(_temporary);
        }
    }
}
