namespace BlobCaptioner.Cli.Hosting;

/// <summary>The command can't run as it was given; the message says why and what to do. Exit code 2.</summary>
public sealed class UsageException : Exception
{
    /// <summary>Creates an exception without a message.</summary>
    public UsageException()
    {
    }

    /// <summary>Creates an exception with what is wrong and the way out.</summary>
    public UsageException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with what is wrong, the way out, and the cause.</summary>
    public UsageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
