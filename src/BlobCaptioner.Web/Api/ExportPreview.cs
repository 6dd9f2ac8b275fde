namespace BlobCaptioner.Web.Api;

/// <summary>The first rows of an export.</summary>
/// <param name="Text">As the file will hold them.</param>
/// <param name="Items">How many pictures or products they are.</param>
/// <param name="Skipped">Records of those looked at that get no row, by reason.</param>
/// <param name="Warnings">What is amiss in the rows.</param>
public sealed record ExportPreview(string Text, long Items, IReadOnlyDictionary<string, long> Skipped, IReadOnlyDictionary<string, long> Warnings);
