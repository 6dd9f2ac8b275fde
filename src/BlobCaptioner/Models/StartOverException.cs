namespace BlobCaptioner.Models;

/// <summary>What was received so far can't be gone on with.</summary>
internal sealed class StartOverException : Exception
{
    public StartOverException()
    {
    }

    public StartOverException(string message)
        : base(message)
    {
    }

    public StartOverException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True where the server can't be asked for ranges; false where its file is another one than before.</summary>
    public bool WithoutRanges { get; init; }
}
