namespace BlobCaptioner.Results;

/// <summary>What a record's blob metadata tells, so that one listing shows what is missing or out of date and no body is read.</summary>
public sealed record RecordReceipt
{
    /// <summary>How the image ended.</summary>
    public required RecordStatus Status { get; init; }

    /// <summary>The image's ETag, without quotes.</summary>
    public required string SourceETag { get; init; }

    /// <summary>The fingerprint.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The profile's version.</summary>
    public required string ProfileVersion { get; init; }

    /// <summary>The model's hash; empty where no model was asked.</summary>
    public required string ModelHash { get; init; }

    /// <summary>Version and options of the preparation.</summary>
    public required string Preparation { get; init; }

    /// <summary>Reads it from blob metadata; null where it is not all there, so the blob was not written by us or lost its metadata on the way.</summary>
    public static RecordReceipt? FromMetadata(IDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            return null;
        }

        var values = new Dictionary<string, string>(metadata, StringComparer.OrdinalIgnoreCase);
        return values.TryGetValue("status", out var word)
            && Enum.TryParse<RecordStatus>(word, ignoreCase: true, out var status)
            && values.TryGetValue("sourceetag", out var etag)
            && values.TryGetValue("fingerprint", out var fingerprint)
            && values.TryGetValue("profileversion", out var profile)
            && values.TryGetValue("preparation", out var preparation)
            ? new()
            {
                Status = status,
                SourceETag = etag,
                Fingerprint = fingerprint,
                ProfileVersion = profile,
                ModelHash = values.GetValueOrDefault("modelhash", ""),
                Preparation = preparation,
            }
            : null;
    }

    /// <summary>The receipt of a record.</summary>
    public static RecordReceipt Of(CaptionRecord record) => new()
    {
        Status = record.Status,
        SourceETag = record.Image.ETag,
        Fingerprint = record.Fingerprint,
        ProfileVersion = record.Profile.Version,
        ModelHash = record.Generation.ModelHash ?? "",
        Preparation = record.Generation.Preparation,
    };

    /// <summary>As blob metadata; ASCII. Empty values are left out, since storage refuses them.</summary>
    public IDictionary<string, string> ToMetadata()
    {
        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["status"] = Status switch
            {
                RecordStatus.Described => "described",
                RecordStatus.Rejected => "rejected",
                _ => "failed",
            },
            ["sourceetag"] = SourceETag,
            ["fingerprint"] = Fingerprint,
            ["profileversion"] = ProfileVersion,
            ["preparation"] = Preparation,
        };
        if (ModelHash.Length > 0)
        {
            metadata["modelhash"] = ModelHash;
        }

        return metadata;
    }
}
