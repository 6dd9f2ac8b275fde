using System.Text.Json.Serialization;

namespace BlobCaptioner.Results;

/// <summary>The profile that a record was written for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version, the catalogue's facts included: 16 hex digits, another one when the copy would differ.</param>
public sealed record RecordProfile(string Name, string Version)
{
    /// <summary>The languages of the copy, BCP 47, in the profile's order; left out where there is no copy.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Languages { get; init; }
}
