namespace BlobCaptioner.Models;

/// <summary>A model could not be found, pulled or checked; the message says what is wrong and the way out.</summary>
public sealed class ModelException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public ModelException()
    {
    }

    /// <summary>Creates an exception with what is wrong and the way out.</summary>
    public ModelException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with what is wrong, the way out, and the cause.</summary>
    public ModelException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
