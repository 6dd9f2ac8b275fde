namespace BlobCaptioner.Inference.Plans;

/// <summary>Where a section goes on in the answer's text.</summary>
/// <param name="Rest">Text that the cache still lacks before the section's own first literal.</param>
/// <param name="TailTaken">UTF-8 bytes of the section's first literal that are among the tokens already.</param>
/// <param name="Tokens">Tokens that the cache still lacks; they come before all text.</param>
internal readonly record struct PlanStart(string Rest, int TailTaken, IReadOnlyList<int> Tokens)
{
    /// <summary>The answer's beginning.</summary>
    public static PlanStart Begin => new("", 0, []);

    /// <summary>True where nothing of the answer has been written.</summary>
    public bool IsBegin => Rest.Length == 0 && TailTaken == 0 && Tokens.Count == 0;
}
