using System.Text.Json.Serialization;

namespace BlobCaptioner.Records;

/// <summary>How an image ended.</summary>
public enum RecordStatus
{
    /// <summary>The model wrote its copy.</summary>
    [JsonStringEnumMemberName("described")]
    Described,

    /// <summary>This image can't be described, and another try would end the same way.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>Given up after the last try; <c>sweep --retry-failed</c> takes it up again.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}
