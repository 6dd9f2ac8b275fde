namespace BlobCaptioner.Benchmarks.Server;

/// <summary>What the server says about one answer.</summary>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="InputTokens">Tokens of the prompt, cached ones and the picture's included.</param>
/// <param name="PromptMs">Time for encode and prefill as it counts it.</param>
/// <param name="DecodeMs">Time from then to the last token.</param>
/// <param name="TokensPerSecond">Of this answer alone.</param>
/// <param name="Error">Its error; null where it answered.</param>
internal sealed record ServerReply(int OutputTokens, int InputTokens, double PromptMs, double DecodeMs, double TokensPerSecond, string? Error)
{
    /// <summary>The answer.</summary>
    public string Text { get; init; } = "";
}
