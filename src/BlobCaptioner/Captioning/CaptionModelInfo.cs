namespace BlobCaptioner.Captioning;

/// <summary>What writes the copy.</summary>
/// <param name="Name">The model's name, for people.</param>
/// <param name="Hash">SHA-256 of the model's files in lower-case hex, or a server's own model id and revision.</param>
/// <param name="Engine">What runs it: <c>LLamaSharp 0.30.0</c>.</param>
public sealed record CaptionModelInfo(string Name, string Hash, string Engine);
