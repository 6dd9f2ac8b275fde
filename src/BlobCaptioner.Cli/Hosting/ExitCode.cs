namespace BlobCaptioner.Cli.Hosting;

/// <summary>What the command's exit codes mean.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Done = 0;

    /// <summary>It ran, but some pictures were rejected or failed, or not all was done.</summary>
    public const int SomeFailed = 1;

    /// <summary>It could not run: bad use, or something is missing that the message names.</summary>
    public const int BadUse = 2;
}
