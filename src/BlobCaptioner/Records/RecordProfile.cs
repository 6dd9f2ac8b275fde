using System.Text.Json.Serialization;

namespace BlobCaptioner.Records;

/// <summary>The profile that a record was written for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version, the catalogue's facts included: 16 hex digits, another one when the copy would differ.</param>
public sealed record RecordProfile(string Name, string Version)
{
    /// <summary>The languages of the copy, BCP 47, in the profile's order; left out where there is no copy.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Languages { get; init; }

    /// <summary>True where a person chose it in place of the folder's; the record stays with it until its picture changes. Left out otherwise.</summary>
    [JsonPropertyName("pinned")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsPinned { get; init; }
}
