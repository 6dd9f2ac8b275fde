namespace BlobCaptioner.Profiles;

/// <summary>The value that a model gave one field.</summary>
/// <param name="Name">The field's name in the profile.</param>
/// <param name="Value">Text, never null; inside the field's limit. Lists are joined with <c>", "</c>; unknown attributes are empty.</param>
/// <param name="Confidence">
/// For an attribute: the probability of this value among the allowed ones, 0 to 1, multiplied along its path in the token trie; for one that is
/// free text the geometric mean of its tokens' probabilities. Null for copy, and for what was supplied.
/// </param>
public sealed record CaptionField(string Name, string Value, double? Confidence)
{
    /// <summary>For <see cref="FieldKind.TextList"/> and <see cref="FieldKind.Choices"/>: the items, in their order; null for other kinds.</summary>
    public IReadOnlyList<string>? Items { get; init; }

    /// <summary>For an attribute: where the value comes from. <see cref="Profiles.Evidence.Seen"/> for copy.</summary>
    public Evidence Evidence { get; init; } = Evidence.Seen;

    /// <summary>For copy: the language asked for, BCP 47. Null for attributes.</summary>
    public string? Language { get; init; }
}
