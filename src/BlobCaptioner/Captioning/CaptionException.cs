namespace BlobCaptioner.Captioning;

/// <summary>A model could not describe a picture. Code, message and remedy go into the caption record.</summary>
/// <param name="code">Short stable code: <c>context-too-small</c>.</param>
/// <param name="message">The failure, with value and limit.</param>
/// <param name="remedy">The way out.</param>
/// <param name="retry">True where another try may succeed.</param>
/// <param name="innerException">The cause.</param>
public sealed class CaptionException(string code, string message, string remedy, bool retry, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Short stable code.</summary>
    public string Code { get; } = code;

    /// <summary>The way out.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>True where another try may succeed; false rejects the picture.</summary>
    public bool Retry { get; } = retry;

    /// <summary>True where the model was already asked a second time, so that the record is written as failed without further tries of the queue.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The error of what a worker gives up when it stops.</summary>
    internal static CaptionException Stopping() => new(
        "stopping", "The worker stopped before the picture was described.", "Nothing: it is tried again by the next worker.", retry: true);
}
