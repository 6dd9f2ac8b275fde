namespace BlobCaptioner.Evaluation;

/// <summary>What is true of an attribute.</summary>
/// <param name="Values">The values; at least one.</param>
/// <param name="Synonyms">For a single value: other answers that are right too. Empty for none.</param>
public sealed record TruthValue(IReadOnlyList<string> Values, IReadOnlyList<string> Synonyms);
