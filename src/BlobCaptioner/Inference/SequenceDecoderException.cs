namespace BlobCaptioner.Inference;

/// <summary>A model or its native library failed; the message says what to do.</summary>
public sealed class SequenceDecoderException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public SequenceDecoderException()
    {
    }

    /// <summary>Creates an exception with what failed and the way out.</summary>
    public SequenceDecoderException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with what failed, the way out, and the cause.</summary>
    public SequenceDecoderException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True when the context can't be used any more, so that every later call would fail too. Default false.</summary>
    public bool IsFatal { get; init; }

    /// <summary>True where memory ran out: less at once may still work. Default false.</summary>
    public bool IsOutOfMemory { get; init; }
}
