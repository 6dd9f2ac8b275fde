namespace BlobCaptioner.Cli.Folders;

/// <summary>What became of a folder's files.</summary>
/// <param name="Uploaded">New or changed, and in the container now.</param>
/// <param name="Unchanged">In the container already, with the same MD5.</param>
/// <param name="Failed">Could not be read or stored; each was reported.</param>
/// <param name="Links">Links, which are not followed.</param>
public sealed record UploadSummary(int Uploaded, int Unchanged, int Failed, int Links);
