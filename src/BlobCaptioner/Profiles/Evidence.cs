using System.Text.Json.Serialization;

namespace BlobCaptioner.Profiles;

/// <summary>Where an attribute's value comes from.</summary>
public enum Evidence
{
    /// <summary>Nobody knows: not to be seen, not readable, not supplied, or not sure enough.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>The model sees it.</summary>
    [JsonStringEnumMemberName("seen")]
    Seen,

    /// <summary>It stands on the product or its label, as text.</summary>
    [JsonStringEnumMemberName("read")]
    Read,

    /// <summary>The shop's catalogue says so (<c>_catalog.csv</c>).</summary>
    [JsonStringEnumMemberName("supplied")]
    Supplied,
}
