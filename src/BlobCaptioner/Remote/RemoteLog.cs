using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Remote;

/// <summary>What a remote model logs: never keys, pictures or answers.</summary>
internal sealed partial class RemoteLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(400, LogLevel.Warning, "The model server failed (HTTP {Status}: {Message}); waiting {Seconds:0.0} s, then retry {Attempt} of {MaxRetries}")]
    public partial void Retrying(int status, string message, double seconds, int attempt, int maxRetries);

    [LoggerMessage(401, LogLevel.Warning, "'{Name}': the model's answer can't be used and is asked for again. {Problem}")]
    public partial void Repairing(string name, string problem);

    [LoggerMessage(402, LogLevel.Warning, "'{Name}': the server's response can't be read")]
    public partial void Unreadable(Exception error, string name);
}
