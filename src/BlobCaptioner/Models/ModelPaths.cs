namespace BlobCaptioner.Models;

/// <summary>Where the two files of a model lie.</summary>
/// <param name="Text">Full path of the language model.</param>
/// <param name="Vision">Full path of its vision part.</param>
public sealed record ModelPaths(string Text, string Vision);
