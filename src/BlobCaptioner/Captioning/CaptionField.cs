namespace BlobCaptioner.Captioning;

/// <summary>The value that a model gave one field.</summary>
/// <param name="Name">The field's name in the profile.</param>
/// <param name="Value">Text, never null; inside the field's limit.</param>
/// <param name="Confidence">
/// For a choice: the probability of this value among the allowed ones, 0 to 1, multiplied along its path in the token trie. Null for free text.
/// </param>
public sealed record CaptionField(string Name, string Value, double? Confidence);
