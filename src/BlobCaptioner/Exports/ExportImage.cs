namespace BlobCaptioner.Exports;

/// <summary>One picture of a row.</summary>
/// <param name="Url">Where it is reached, percent-encoded.</param>
/// <param name="Alt">Its alt text; null where there is none.</param>
public sealed record ExportImage(string Url, string? Alt);
