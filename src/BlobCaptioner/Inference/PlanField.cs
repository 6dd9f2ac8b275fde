using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference;

/// <summary>One field of a <see cref="DecodingPlan"/>: literal text, then a value.</summary>
internal sealed record PlanField
{
    public required ProfileField Field { get; init; }

    /// <summary>Text between the value before and this one: <c>","color":"</c>. Begins with the quote that closes the value before.</summary>
    public required string Lead { get; init; }

    /// <summary>Tokens of <see cref="Lead"/> alone.</summary>
    public required int[] LeadTokens { get; init; }

    /// <summary>What follows the value, up to the next one.</summary>
    public required string Tail { get; init; }

    /// <summary>For a choice: the values as they stand in JSON.</summary>
    public required IReadOnlyList<string> EscapedValues { get; init; }

    /// <summary>For a choice: the lead and the values.</summary>
    public TokenTrie? Trie { get; init; }

    /// <summary>Most tokens of a free text; a model that writes nothing visible or loops ends here.</summary>
    public int MaxTextTokens => Field.MaxCharacters + 16;
}
