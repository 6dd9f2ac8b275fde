namespace BlobCaptioner.Cli.LocalStack;

/// <summary>The local stack could not be set up or started; the message names what is missing and the command that puts it right.</summary>
public sealed class LocalStackException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public LocalStackException()
    {
    }

    /// <summary>Creates an exception with what failed and the way out.</summary>
    public LocalStackException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with what failed, the way out, and the cause.</summary>
    public LocalStackException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
