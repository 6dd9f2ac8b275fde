using System.Globalization;
using BlobCaptioner.Text;

namespace BlobCaptioner.Records;

/// <summary>The one definition of a fresh record: what one made now would say about its source, settings, preparation and model.</summary>
/// <param name="SourceVersion">The image's ETag without quotes; of a product <see cref="RecordProduct.ViewsHash"/>.</param>
/// <param name="ProfileVersion">Version of profile and facts.</param>
/// <param name="Preparation">Version and options of the preparation.</param>
/// <param name="RejectedBy">The same for an image that is rejected before a model is asked; it includes the limits.</param>
/// <param name="ModelHash">Hash of the model that would be asked; null where this process does not know it.</param>
internal sealed record Freshness(string SourceVersion, string ProfileVersion, string Preparation, string RejectedBy, string? ModelHash)
{
    /// <summary>What a record says of its own making.</summary>
    public static Freshness Of(CaptionRecord record)
    {
        var receipt = RecordReceipt.Of(record);
        return new(receipt.SourceETag, receipt.ProfileVersion, receipt.Preparation, receipt.Preparation, receipt.ModelHash.Length > 0 ? receipt.ModelHash : null);
    }

    /// <summary>True where a record with this receipt would come out the same. A pinned record of the same image stays, unless it failed.</summary>
    public bool IsFresh(RecordReceipt? receipt) => receipt is not null && HasSource(receipt) && IsMadeSo(receipt);

    /// <summary>The same, whatever the image's version is: for an image whose bytes were uploaded again.</summary>
    public bool IsMadeSo(RecordReceipt receipt) =>
        (receipt.IsPinned && receipt.Status != RecordStatus.Failed) || (HasProfile(receipt) && HasPreparation(receipt) && HasModel(receipt));

    /// <summary>What makes a record out of date: <c>source</c>, <c>profile</c>, <c>preparation</c>, <c>model</c>; nothing where <see cref="IsFresh"/>.</summary>
    public IEnumerable<string> Differences(RecordReceipt receipt)
    {
        if (!HasSource(receipt))
        {
            yield return "source";
        }

        foreach (var (isSame, part) in IsMadeSo(receipt) ? [] : new[] { (HasProfile(receipt), "profile"), (HasPreparation(receipt), "preparation"), (HasModel(receipt), "model") })
        {
            if (!isSame)
            {
                yield return part;
            }
        }
    }

    /// <summary>True where the record is of the same version.</summary>
    public bool HasSource(RecordReceipt receipt) => receipt.SourceETag == SourceVersion;

    /// <summary>True where profile and facts are the same.</summary>
    public bool HasProfile(RecordReceipt receipt) => receipt.ProfileVersion == RecordReceipt.Plain(ProfileVersion);

    /// <summary>True where the image would be prepared the same, or be rejected under the same limits.</summary>
    public bool HasPreparation(RecordReceipt receipt) =>
        receipt.Preparation == RecordReceipt.Plain(receipt is { Status: RecordStatus.Rejected, ModelHash: "" } ? RejectedBy : Preparation);

    /// <summary>True where the same model would be asked, or this process does not know.</summary>
    public bool HasModel(RecordReceipt receipt) => ModelHash is null || receipt.ModelHash.Length == 0 || receipt.ModelHash == RecordReceipt.Plain(ModelHash);
}

/// <summary>A record's summary in its blob's metadata: one listing shows which records are missing or out of date, without reading them.</summary>
/// <remarks>
/// Metadata travels in headers: ASCII, in one line, 8 KB in all, no empty values. A record may hold any text in these places. One that can't travel is represented by <c>~</c> and 32
/// hex digits of its hash, here as in the metadata, so that the two stay equal.
/// </remarks>
public sealed record RecordReceipt
{
    private const int MostFlagCharacters = 1000;
    private const int MostCharacters = 500;

    // Storage refuses empty values.
    private const string NoFlags = "-";

    /// <summary>The image's outcome.</summary>
    public required RecordStatus Status { get; init; }

    /// <summary>The image's ETag, without quotes; of a product record <see cref="RecordProduct.ViewsHash"/>.</summary>
    public required string SourceETag { get; init; }

    /// <inheritdoc cref="CaptionRecord.Fingerprint"/>
    public required string Fingerprint { get; init; }

    /// <summary>Version of profile and facts.</summary>
    public required string ProfileVersion { get; init; }

    /// <summary>The model's hash; empty where no model was asked.</summary>
    public required string ModelHash { get; init; }

    /// <summary>Version and options of the preparation.</summary>
    public required string Preparation { get; init; }

    /// <summary>The profile's name; null in records of older versions.</summary>
    public string? Profile { get; init; }

    /// <summary>The flags; null where they are too long for metadata (over 1,000 characters together), and in records of older versions.</summary>
    public IReadOnlyList<string>? Flags { get; init; }

    /// <summary>True where a person chose the profile, so that the folder's does not count.</summary>
    public bool IsPinned { get; init; }

    /// <summary>Code of the error; null without one, and in records of older versions.</summary>
    public string? Error { get; init; }

    /// <inheritdoc cref="RecordGeneration.Rounds"/>
    public int Rounds { get; init; }

    /// <summary>Time since the record was written, by storage's clock; null where it does not come from a listing.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Reads it from blob metadata; null where it is incomplete: the blob is not ours, or a copy without metadata.</summary>
    public static RecordReceipt? FromMetadata(IDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            return null;
        }

        var values = metadata.DistinctBy(m => m.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(StringComparer.OrdinalIgnoreCase);
        return Enum.TryParse<RecordStatus>(Value("status"), ignoreCase: true, out var status) && Enum.IsDefined(status)
            && Value("sourceetag") is { } etag
            && Value("fingerprint") is { } fingerprint
            && Value("profileversion") is { } profile
            && Value("preparation") is { } preparation
            ? new()
            {
                Status = status,
                SourceETag = etag,
                Fingerprint = fingerprint,
                ProfileVersion = profile,
                ModelHash = Value("modelhash") ?? "",
                Preparation = preparation,
                Profile = Value("profile"),
                IsPinned = values.ContainsKey("pinned"),
                Error = values.GetValueOrDefault("error"),
                Rounds = int.TryParse(values.GetValueOrDefault("rounds"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 0,
                Flags = Value("flags") switch
                {
                    null => null,
                    NoFlags => [],
                    var flags => flags.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                },
            }
            : null;

        string? Value(string key) => values.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;
    }

    /// <summary>The receipt of a record.</summary>
    public static RecordReceipt Of(CaptionRecord record) => new()
    {
        Status = record.Status,
        SourceETag = Plain(record.Product?.ViewsHash ?? record.Image.ETag),
        Fingerprint = Plain(record.Fingerprint),
        ProfileVersion = Plain(record.Profile.Version),
        ModelHash = record.Generation.ModelHash is { Length: > 0 } model ? Plain(model) : "",
        Preparation = Plain(record.Generation.Preparation),
        Profile = IsPlain(record.Profile.Name) && record.Profile.Name.Length <= MostCharacters ? record.Profile.Name : null,
        IsPinned = record.Profile.IsPinned,
        Error = record.Error is { Code: var code } && IsPlain(code) ? code : null,
        Rounds = record.Generation.Rounds,
        Flags = record.Flags.All(IsPlain) && record.Flags.Sum(f => f.Length + 1L) <= MostFlagCharacters && record.Flags is not [NoFlags] ? record.Flags : null,
    };

    /// <summary>As blob metadata in ASCII, without empty values, which storage refuses.</summary>
    public IDictionary<string, string> ToMetadata() => new (string Key, string? Value)[]
    {
        ("status", Status.ToString().ToLowerInvariant()),
        ("sourceetag", SourceETag),
        ("fingerprint", Fingerprint),
        ("profileversion", ProfileVersion),
        ("preparation", Preparation),
        ("modelhash", ModelHash),
        ("profile", Profile),
        ("pinned", IsPinned ? "yes" : null),
        ("error", Error),
        ("rounds", Rounds > 0 ? Rounds.ToString(CultureInfo.InvariantCulture) : null),
        ("flags", Flags is { Count: 0 } ? NoFlags : Flags is null ? null : string.Join(' ', Flags)),
    }.Where(m => m.Value is { Length: > 0 }).ToDictionary(m => m.Key, m => m.Value!, StringComparer.OrdinalIgnoreCase);

    /// <summary>A text as the receipt holds it: itself, or its hash where it can't travel in a header.</summary>
    internal static string Plain(string text) =>
        text.Length is > 0 and <= MostCharacters && text[0] != ' ' && text[^1] != ' ' && !text.Contains("  ", StringComparison.Ordinal) && text.All(c => c is >= ' ' and <= '~')
            ? text
            : $"~{TextHash.Of(text, digits: 32)}";

    // Flags are separated by spaces.
    private static bool IsPlain(string text) => text.Length > 0 && text.All(c => c is > ' ' and <= '~');
}

/// <summary>SHA-256 over the inputs of an image's copy. Equal fingerprints mean equal copies.</summary>
public static class Fingerprint
{
    /// <summary>Computes it.</summary>
    /// <param name="contentHash">SHA-256 of the image's bytes, hex; empty where unknown.</param>
    /// <param name="preparation">Version and options of the preparation, pixel budget included.</param>
    /// <param name="profileVersion">The profile's version; it covers the sampler.</param>
    /// <param name="modelHash">The model's hash; empty where no model was asked.</param>
    /// <returns>64 lower-case hex digits.</returns>
    public static string Compute(string contentHash, string preparation, string profileVersion, string modelHash) =>
        TextHash.Of($"{contentHash}\n{preparation}\n{profileVersion}\n{modelHash}");
}
