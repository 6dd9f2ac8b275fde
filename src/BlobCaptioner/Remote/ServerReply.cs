using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace BlobCaptioner.Remote;

/// <summary>The reply to one request: the text and the server's data about it.</summary>
internal sealed record ServerReply
{
    /// <summary>The text; may be empty.</summary>
    public string Text { get; private init; } = "";

    /// <summary>True where it ended at the token limit.</summary>
    public bool WasCutOff { get; private init; }

    /// <summary>True where a content filter ended it.</summary>
    public bool WasFiltered { get; private init; }

    /// <summary>The model's refusal, in OpenAI's field for it; null without one.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Why the reply holds no answer; null where it holds one.</summary>
    public string? Problem { get; private init; }

    /// <summary>Tokens read.</summary>
    public int InputTokens { get; private init; }

    /// <summary>Tokens written.</summary>
    public int OutputTokens { get; private init; }

    /// <summary>Model and build that the server reports; null where it reports none.</summary>
    public string? ServedBy { get; private init; }

    /// <summary>The answer's tokens with their probabilities; empty where none came.</summary>
    public IReadOnlyList<ChatTokenLogProbabilityDetails> Tokens { get; private init; } = [];

    /// <summary>Reads a response.</summary>
    public static ServerReply Read(ChatResponse response)
    {
        var completion = response.RawRepresentation as ChatCompletion;
        return new()
        {
            Text = response.Text,
            WasCutOff = response.FinishReason == Microsoft.Extensions.AI.ChatFinishReason.Length,
            WasFiltered = response.FinishReason == Microsoft.Extensions.AI.ChatFinishReason.ContentFilter,
            Refusal = completion?.Refusal is { Length: > 0 } refusal ? refusal : null,
            InputTokens = Count(response.Usage?.InputTokenCount),
            OutputTokens = Count(response.Usage?.OutputTokenCount),
            ServedBy = string.Join(' ', new[] { response.ModelId, Fingerprint(completion) }.Where(s => !string.IsNullOrEmpty(s))) is { Length: > 0 } served ? served : null,
            Tokens = completion?.ContentTokenLogProbabilities ?? [],
        };
    }

    /// <summary>An HTTP success without a readable answer: no choice, or invalid JSON.</summary>
    public static ServerReply Unreadable(string problem) => new() { Problem = problem };

    private static string? Fingerprint(ChatCompletion? completion) => completion?.SystemFingerprint;

    private static int Count(long? tokens) => (int)Math.Clamp(tokens ?? 0, 0, int.MaxValue);
}
