namespace BlobCaptioner.Cli;

/// <summary>Exit codes of the command.</summary>
internal static class ExitCode
{
    /// <summary>Everything was done.</summary>
    public const int Done = 0;

    /// <summary>The command ran, but some pictures were rejected or failed, or not everything was done.</summary>
    public const int SomeFailed = 1;

    /// <summary>The command could not run: wrong use, or something is missing that the message names.</summary>
    public const int BadUse = 2;
}

/// <summary>The command can't run as it was given. Ends it with <see cref="ExitCode.BadUse"/>.</summary>
/// <param name="message">What is wrong, and the way out.</param>
/// <param name="cause">The cause; null if there is none.</param>
internal sealed class UsageException(string message, Exception? cause = null) : Exception(message, cause);
