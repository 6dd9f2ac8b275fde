using BlobCaptioner.Profiles;

namespace BlobCaptioner.Records;

/// <summary>One attribute of the product.</summary>
/// <param name="Value">
/// The value, one of the profile's where it lists them; a list for several; numbers as text with a point, yes/no as <c>yes</c> and <c>no</c>. Null where it is unknown.
/// </param>
/// <param name="Confidence">Its probability among the allowed values, 0 to 1; null where it was supplied.</param>
public sealed record RecordAttribute(CopyValue? Value, double? Confidence)
{
    /// <summary>Where the value comes from.</summary>
    public Evidence Evidence { get; init; } = Evidence.Seen;
}
