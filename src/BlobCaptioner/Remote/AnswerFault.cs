namespace BlobCaptioner.Remote;

/// <summary>A text that could be better: one more request is made for it, and what is still wrong then is flagged.</summary>
/// <param name="Flag">The flag: <c>de.title-loop</c>.</param>
/// <param name="Sentence">What is wrong, in words for the model.</param>
internal sealed record AnswerFault(string Flag, string Sentence);
