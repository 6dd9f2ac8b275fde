namespace BlobCaptioner.SampleModel.Listings;

/// <summary>What is said about a picture without a product.</summary>
/// <param name="Title">That there is none.</param>
/// <param name="Sentence">What there is.</param>
/// <param name="AltText">The same, shorter.</param>
/// <param name="Points">Five phrases.</param>
/// <param name="Searches">Three words.</param>
internal sealed record NothingWords(string Title, string Sentence, string AltText, IReadOnlyList<string> Points, IReadOnlyList<string> Searches);
