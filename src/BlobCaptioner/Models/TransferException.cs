namespace BlobCaptioner.Models;

/// <summary>A request came to nothing, and may work when tried again.</summary>
internal sealed class TransferException : Exception
{
    public TransferException()
    {
    }

    public TransferException(string message)
        : base(message)
    {
    }

    public TransferException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What the server asks to wait; null where it says nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
