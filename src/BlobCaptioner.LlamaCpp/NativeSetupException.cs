namespace BlobCaptioner.LlamaCpp;

/// <summary>The native libraries could not be set up or loaded; the message says what is missing and the command that installs it.</summary>
public sealed class NativeSetupException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public NativeSetupException()
    {
    }

    /// <summary>Creates an exception with what is missing and the way out.</summary>
    public NativeSetupException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with what is missing, the way out, and the cause.</summary>
    public NativeSetupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
