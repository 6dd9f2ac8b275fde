namespace BlobCaptioner.Records;

/// <summary>What a record's blob metadata tells, so that one listing shows what is missing or out of date and no body is read.</summary>
public sealed record RecordReceipt
{
    private const int MostFlagCharacters = 1000;

    // Storage refuses empty values.
    private const string NoFlags = "-";

    /// <summary>How the image ended.</summary>
    public required RecordStatus Status { get; init; }

    /// <summary>The image's ETag, without quotes; of a product record <see cref="RecordProduct.ViewsHash"/>.</summary>
    public required string SourceETag { get; init; }

    /// <summary>The fingerprint.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The profile's version.</summary>
    public required string ProfileVersion { get; init; }

    /// <summary>The model's hash; empty where no model was asked.</summary>
    public required string ModelHash { get; init; }

    /// <summary>Version and options of the preparation.</summary>
    public required string Preparation { get; init; }

    /// <summary>The profile's name; null in records that were written before it was noted.</summary>
    public string? Profile { get; init; }

    /// <summary>The flags; null where they are too long for metadata (over 1,000 characters together), or were not noted.</summary>
    public IReadOnlyList<string>? Flags { get; init; }

    /// <summary>True where a person chose the profile, so that the folder's does not count.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Reads it from blob metadata; null where it is not all there, so the blob was not written by us or lost its metadata on the way.</summary>
    public static RecordReceipt? FromMetadata(IDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            return null;
        }

        var values = metadata.DistinctBy(m => m.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(StringComparer.OrdinalIgnoreCase);
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
                Profile = values.GetValueOrDefault("profile"),
                IsPinned = values.ContainsKey("pinned"),
                Flags = values.GetValueOrDefault("flags") switch
                {
                    null => null,
                    NoFlags => [],
                    var flags => flags.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                },
            }
            : null;
    }

    /// <summary>The receipt of a record.</summary>
    public static RecordReceipt Of(CaptionRecord record) => new()
    {
        Status = record.Status,
        SourceETag = record.Product?.ViewsHash ?? record.Image.ETag,
        Fingerprint = record.Fingerprint,
        ProfileVersion = record.Profile.Version,
        ModelHash = record.Generation.ModelHash ?? "",
        Preparation = record.Generation.Preparation,
        Profile = IsPlain(record.Profile.Name) ? record.Profile.Name : null,
        IsPinned = record.Profile.IsPinned,
        Flags = record.Flags.All(IsPlain) && record.Flags.Sum(f => f.Length + 1) <= MostFlagCharacters ? record.Flags : null,
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

        if (Profile is { Length: > 0 })
        {
            metadata["profile"] = Profile;
        }

        if (IsPinned)
        {
            metadata["pinned"] = "yes";
        }

        if (Flags is not null)
        {
            metadata["flags"] = Flags.Count == 0 ? NoFlags : string.Join(' ', Flags);
        }

        return metadata;
    }

    // What metadata can carry and a space can separate.
    private static bool IsPlain(string text) => text.Length > 0 && text.All(c => c is > ' ' and <= '~');
}
