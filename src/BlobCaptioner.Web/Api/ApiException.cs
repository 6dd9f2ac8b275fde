namespace BlobCaptioner.Web.Api;

/// <summary>A request that can't be answered. Becomes an RFC 9457 problem with a code.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="code">Short code, as in records: <c>name-invalid</c>.</param>
/// <param name="message">What is wrong, with value and limit.</param>
/// <param name="remedy">The way out.</param>
internal sealed class ApiException(int status, string code, string message, string remedy) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public string Remedy => remedy;

    /// <summary>Seconds after which another request may succeed; null for no such promise.</summary>
    public int? RetryAfterSeconds { get; init; }

    public static ApiException NotFound(string name) => new(404, "not-there", $"There is no picture '{name}'.", "It may have been deleted. Reload the gallery.");

    public static ApiException NoModel() => new(503, "no-model", "This process has no model.", "Start 'captioner web' with --model or --server, or use 'captioner up'.");
}
