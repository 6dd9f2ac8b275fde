using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace BlobCaptioner.Remote;

/// <summary>What one request brought: the text and what the server tells about it.</summary>
internal sealed record ServerReply
{
    /// <summary>The text; empty where there is none.</summary>
    public string Text { get; private init; } = "";

    /// <summary>True where it ended at the token limit.</summary>
    public bool WasCutOff { get; private init; }

    /// <summary>True where a content filter ended it.</summary>
    public bool WasFiltered { get; private init; }

    /// <summary>The model's refusal in OpenAI's own field; null where there is none.</summary>
    public string? Refusal { get; private init; }

    /// <summary>Why there is no answer to read at all; null where there is one.</summary>
    public string? Problem { get; private init; }

    /// <summary>Tokens read.</summary>
    public int InputTokens { get; private init; }

    /// <summary>Tokens written.</summary>
    public int OutputTokens { get; private init; }

    /// <summary>What the server says it is: model and build; null where it says nothing.</summary>
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

    /// <summary>An HTTP success that holds no answer: no choice, or no JSON that the client can read.</summary>
    public static ServerReply Unreadable(string problem) => new() { Problem = problem };

    private static string? Fingerprint(ChatCompletion? completion) => completion?.SystemFingerprint;

    private static int Count(long? tokens) => (int)Math.Clamp(tokens ?? 0, 0, int.MaxValue);
}
