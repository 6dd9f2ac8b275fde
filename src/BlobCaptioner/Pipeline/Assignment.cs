using System.Runtime.CompilerServices;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline;

/// <summary>What the settings of its folder ask of one picture and of the product that it is a view of, or of a product itself.</summary>
internal sealed record Assignment
{
    // Prompt and version hang on the instance, and are asked for with every picture.
    private static readonly ConditionalWeakTable<Profile, Parts> s_parts = [];

    /// <summary>The base profile with the folder's changes; for broken settings the base profile itself.</summary>
    public required Profile Profile { get; init; }

    /// <summary>What is to be written; null where the settings are broken.</summary>
    public ResolvedProfile? What { get; init; }

    /// <summary>Of a view: what is to be written about its product; null where pictures stand for themselves, or nothing is left for the product.</summary>
    public ResolvedProfile? Product { get; init; }

    /// <summary>The product; null where pictures stand for themselves.</summary>
    public string? Sku { get; init; }

    /// <summary>Of a view: images of its folder that the catalogue gives the same SKU, possibly without their ending.</summary>
    public IReadOnlyList<string> Siblings { get; init; } = [];

    /// <summary>Of a product: the names of its views, main one first; null for a picture.</summary>
    public IReadOnlyList<string>? Views { get; init; }

    /// <summary>Why nothing can be written; null where the settings are sound.</summary>
    public RecordError? Error { get; init; }

    /// <summary>A record with another one is out of date.</summary>
    public required string Version { get; init; }

    /// <summary>Where no folder says anything.</summary>
    public static Assignment Of(Profile profile) => Of(new FolderProfile.Ready(new(profile, ProductFacts.None), Sku: null), profile);

    public static Assignment Of(FolderProfile folder, Profile basis) => folder switch
    {
        FolderProfile.Broken broken => new() { Profile = basis, Error = new(broken.Code, broken.Message, broken.Remedy), Version = broken.Version },
        FolderProfile.Ready { What.Profile.Grouping: not ProfileGrouping.None, Sku: { } sku } view => OfView(view, sku),
        FolderProfile.Ready { What: var what } => new() { Profile = what.Profile, What = what, Version = what.Version },
        _ => throw new InvalidOperationException($"{folder.GetType()} is no known kind of folder settings."),
    };

    /// <summary>The product's own assignment.</summary>
    /// <param name="what">What is to be written about it.</param>
    /// <param name="sku">The product.</param>
    /// <param name="views">Its views that can be described, main one first.</param>
    public static Assignment OfProduct(ResolvedProfile what, string sku, IReadOnlyList<string> views) =>
        new() { Profile = what.Profile, What = what, Sku = sku, Views = views, Version = what.Version };

    /// <summary>The same for a part of its profile; the version stays that of the whole.</summary>
    public Assignment For(Profile part) => this with { Profile = part, What = What! with { Profile = part } };

    private static Assignment OfView(FolderProfile.Ready folder, string sku)
    {
        var parts = s_parts.GetValue(folder.What.Profile, static p => new(p.ForView(), p.ForProduct()));
        var view = folder.What with { Profile = parts.View };
        return new()
        {
            Profile = view.Profile,
            What = view,
            Product = parts.Product.Fields.Count > 0 ? folder.What with { Profile = parts.Product } : null,
            Sku = sku,
            Siblings = folder.Siblings,
            Version = view.Version,
        };
    }

    private sealed record Parts(Profile View, Profile Product);
}
