namespace BlobCaptioner.Results;

/// <summary>One attribute of the product.</summary>
/// <param name="Value">The value, one of the profile's where it lists them.</param>
/// <param name="Confidence">Its probability among the allowed values, 0 to 1; null for free text.</param>
public sealed record RecordAttribute(string Value, double? Confidence);
