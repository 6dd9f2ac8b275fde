using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles;

/// <summary>What is to be written about one picture or product: its folder's profile and the catalogue's facts.</summary>
public sealed record ResolvedProfile
{
    private ResolvedProfile()
    {
    }

    /// <summary>The fields to write: of a view those of the view, of a product those of the product. With an <see cref="Error"/> the base profile.</summary>
    public required Profile Profile { get; init; }

    /// <summary>The profile with the fields of view and product; <see cref="Profile"/> itself where pictures stand for themselves.</summary>
    public required Profile Whole { get; init; }

    /// <summary>The catalogue's facts.</summary>
    public ProductFacts Facts { get; init; } = ProductFacts.None;

    /// <summary>
    /// 16 hex digits over profile and facts: <see cref="Profile.Version"/> itself without facts. With an <see cref="Error"/> over the broken file. A record with another one is
    /// out of date. A copy made by <c>with</c> keeps it.
    /// </summary>
    public required string Version { get; init; }

    /// <summary>The product; null where pictures stand for themselves.</summary>
    public string? Sku { get; init; }

    /// <summary>Of a view: what is to be written about its product; null where no field is left for it.</summary>
    public ResolvedProfile? Product { get; init; }

    /// <summary>
    /// Of a view: images of the same folder that the catalogue gives the same SKU, possibly without their ending, whether they exist or not.
    /// </summary>
    public IReadOnlyList<string> Siblings { get; init; } = [];

    /// <summary>Of a product: the names of its views, main one first; null for a picture.</summary>
    public IReadOnlyList<string>? Views { get; init; }

    /// <summary>Why nothing can be written; null where the settings are sound.</summary>
    public SettingsError? Error { get; init; }

    /// <summary>Resolves a profile for a picture.</summary>
    /// <param name="profile">The profile of its folder.</param>
    /// <param name="facts">The catalogue's facts; null for none.</param>
    /// <param name="sku">The product that the picture shows; ignored without a <see cref="Profile.Grouping"/>.</param>
    public static ResolvedProfile Of(Profile profile, ProductFacts? facts = null, string? sku = null)
    {
        if (profile.Grouping == ProfileGrouping.None || sku is null)
        {
            return Create(profile, profile, facts, sku: null);
        }

        var product = profile.ForProduct();
        return Create(profile.ForView(), profile, facts, sku) with { Product = product.Fields.Count > 0 ? Create(product, profile, facts, sku) : null };
    }

    /// <summary>Settings that can't be read: the folder's pictures are rejected, and no others.</summary>
    /// <param name="basis">The base profile.</param>
    /// <param name="error">What is wrong.</param>
    /// <param name="version">16 hex digits over the broken file: a sweep under the same file leaves the rejected alone.</param>
    public static ResolvedProfile Broken(Profile basis, SettingsError error, string version) => new() { Profile = basis, Whole = basis, Error = error, Version = version };

    /// <summary>The same for other facts.</summary>
    internal ResolvedProfile WithFacts(ProductFacts facts) => this with { Facts = facts, Version = VersionOf(Profile, facts) };

    private static ResolvedProfile Create(Profile profile, Profile whole, ProductFacts? facts, string? sku) =>
        new() { Profile = profile, Whole = whole, Facts = facts ?? ProductFacts.None, Sku = sku, Version = VersionOf(profile, facts ?? ProductFacts.None) };

    private static string VersionOf(Profile profile, ProductFacts facts) =>
        facts.Hash is { Length: > 0 } hash ? TextHash.Of($"{profile.Version}\n{hash}", digits: 16) : profile.Version;
}

/// <summary>Why a folder's settings can't be used.</summary>
/// <param name="Code">Short stable code: <c>settings-broken</c>, <c>catalog-broken</c>.</param>
/// <param name="Message">File, place, value and allowed values.</param>
/// <param name="Remedy">The way out.</param>
public sealed record SettingsError(string Code, string Message, string Remedy);

/// <summary>Resolves the profile and facts of a picture, as <c>FolderSettings.ResolveAsync</c> does.</summary>
internal delegate ValueTask<ResolvedProfile> ProfileResolver(string imageName, Profile basis, string? profileOverride, CancellationToken cancellationToken);
