namespace BlobCaptioner.Inference;

/// <summary>A run of a picture's tokens to be decoded into one sequence.</summary>
/// <param name="Sequence">Sequence id.</param>
/// <param name="Image">The encoded picture.</param>
/// <param name="Offset">First image token of the slice, from 0.</param>
/// <param name="Count">Image tokens in the slice, at least 1.</param>
/// <param name="StartPosition">Position in the sequence at which the picture (not the slice) begins.</param>
public readonly record struct ImageSlice(int Sequence, EncodedImage Image, int Offset, int Count, int StartPosition);
