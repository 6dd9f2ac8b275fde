namespace BlobCaptioner.Cli.Reporting;

/// <summary>A built-in profile; <c>captioner profile list --json</c>.</summary>
internal sealed record ProfileListing(string Name, string Version, IReadOnlyList<string> Languages, IReadOnlyList<string> Fields, string Comment);
