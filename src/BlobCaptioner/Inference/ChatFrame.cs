namespace BlobCaptioner.Inference;

/// <summary>Chat markup around a picture. Both parts are to be tokenized with special tokens read.</summary>
/// <param name="Before">From the start to the picture's start tokens: the same for every picture of a profile, so it can be shared.</param>
/// <param name="After">From the picture's end tokens to where the model's answer begins.</param>
public sealed record ChatFrame(string Before, string After);
