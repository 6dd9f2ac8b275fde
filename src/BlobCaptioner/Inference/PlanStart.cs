namespace BlobCaptioner.Inference;

/// <summary>Where a section goes on in the answer's text.</summary>
/// <param name="Rest">Text that the cache still lacks before the section's own first literal.</param>
/// <param name="TailTaken">UTF-8 bytes of the section's first literal that the cache holds already, as part of the last token.</param>
internal readonly record struct PlanStart(string Rest, int TailTaken)
{
    /// <summary>The answer's beginning.</summary>
    public static PlanStart Begin => new("", 0);
}
