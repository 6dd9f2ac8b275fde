namespace BlobCaptioner.Exports;

/// <summary>One text of a row.</summary>
/// <param name="Value">The text, not empty.</param>
/// <param name="ByPerson">True where a person wrote it, false where the model did.</param>
public sealed record ExportText(string Value, bool ByPerson);
