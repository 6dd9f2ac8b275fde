namespace BlobCaptioner.Engine.Attention;

/// <summary>Whether the attention kernel is in place.</summary>
internal sealed record AttentionStatus
{
    public required bool IsInPlace { get; init; }

    /// <summary>One sentence, without a full stop: with which instructions, or why not.</summary>
    public required string Text { get; init; }
}
