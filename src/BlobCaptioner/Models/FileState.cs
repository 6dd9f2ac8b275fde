using System.Text.Json.Serialization;

namespace BlobCaptioner.Models;

/// <summary>What lies under a file's name.</summary>
public enum FileState
{
    /// <summary>Nothing.</summary>
    [JsonStringEnumMemberName("missing")]
    Missing,

    /// <summary>A part of it, which the next pull goes on with.</summary>
    [JsonStringEnumMemberName("partial")]
    Partial,

    /// <summary>A file of the right length. Pulled files get their names only when their SHA-256 was right.</summary>
    [JsonStringEnumMemberName("present")]
    Present,

    /// <summary>A file of another length, or with another SHA-256 where that was looked at.</summary>
    [JsonStringEnumMemberName("wrong")]
    Wrong,

    /// <summary>Length and SHA-256 were just found right.</summary>
    [JsonStringEnumMemberName("verified")]
    Verified,
}
