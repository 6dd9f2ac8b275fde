namespace BlobCaptioner.Inference;

/// <summary>One token of one sequence in a decode step.</summary>
/// <param name="Token">Vocabulary id.</param>
/// <param name="Position">Position in the sequence, from 0. A picture advances it by <see cref="EncodedImage.PositionCount"/>, not by its tokens.</param>
/// <param name="Sequence">Sequence id.</param>
/// <param name="WantLogits">True where the logits after this token will be read.</param>
public readonly record struct TokenEntry(int Token, int Position, int Sequence, bool WantLogits);
