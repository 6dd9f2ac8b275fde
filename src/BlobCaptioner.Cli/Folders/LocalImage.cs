namespace BlobCaptioner.Cli.Folders;

/// <summary>One file of a folder that is to be uploaded.</summary>
/// <param name="Path">Full path.</param>
/// <param name="BlobName">Its name in the container: the path below the folder, with <c>/</c>.</param>
public sealed record LocalImage(string Path, string BlobName);
