namespace BlobCaptioner.Inference;

/// <summary>Facts of a loaded model and its context.</summary>
public sealed record DecoderInfo
{
    /// <summary>The model's own name, from its metadata, or its file name.</summary>
    public required string ModelName { get; init; }

    /// <summary>SHA-256 over the bytes of the text model followed by those of the vision model, lower-case hex.</summary>
    public required string ModelHash { get; init; }

    /// <summary>Library and version that computes, for the receipt: <c>LLamaSharp 0.30.0</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Entries in the vocabulary; the length of every logits span.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>How many sequences the context holds; ids are 0 to this less one.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>KV cache cells, shared by all sequences; a forked prefix is counted once. One token takes one cell.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Most tokens in one decode call.</summary>
    public required int BatchTokens { get; init; }

    /// <summary>Tokens that stand before every picture (<c>&lt;|vision_start|&gt;</c>); the caller decodes them.</summary>
    public required IReadOnlyList<int> ImageStartTokens { get; init; }

    /// <summary>Tokens that stand after every picture (<c>&lt;|vision_end|&gt;</c>); the caller decodes them.</summary>
    public required IReadOnlyList<int> ImageEndTokens { get; init; }
}
