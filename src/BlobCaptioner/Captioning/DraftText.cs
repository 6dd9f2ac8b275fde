namespace BlobCaptioner.Captioning;

/// <summary>One field of a <see cref="CaptionDraft"/>.</summary>
/// <param name="Language">BCP 47; null for attributes.</param>
/// <param name="Field">Its name in the profile.</param>
/// <param name="Text">What is written so far; items of a list are joined with <c>", "</c>.</param>
public sealed record DraftText(string? Language, string Field, string Text);
