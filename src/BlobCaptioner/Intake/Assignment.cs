using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Results;

namespace BlobCaptioner.Intake;

/// <summary>What the settings of its folder ask of one picture, and of the product that it is a view of.</summary>
internal sealed record Assignment
{
    /// <summary>The base profile with the folder's changes; for broken settings the base profile itself.</summary>
    public required Profile Profile { get; init; }

    /// <summary>What is to be written about the picture itself; null where the settings are broken.</summary>
    public ResolvedProfile? What { get; init; }

    /// <summary>What is to be written about its product; null where pictures stand for themselves, or nothing is left for the product.</summary>
    public ResolvedProfile? Product { get; init; }

    /// <summary>The product; null where pictures stand for themselves.</summary>
    public string? Sku { get; init; }

    /// <summary>Why nothing can be written; null where the settings are sound.</summary>
    public RecordError? Error { get; init; }

    /// <summary>A record with another one is out of date.</summary>
    public required string Version { get; init; }

    /// <summary>Where no folder says anything.</summary>
    public static Assignment Of(Profile profile) => Of(new FolderProfile.Ready(new(profile, ProductFacts.None), Sku: null), profile);

    public static Assignment Of(FolderProfile folder, Profile basis) => folder switch
    {
        FolderProfile.Broken broken => new() { Profile = basis, Error = broken.Error, Version = broken.Version },
        FolderProfile.Ready { What: { Profile.Grouping: ProfileGrouping.Sku } what, Sku: { } sku } => OfView(what, sku),
        FolderProfile.Ready { What: var what } => new() { Profile = what.Profile, What = what, Version = what.Version },
        _ => throw new InvalidOperationException($"{folder.GetType()} is no known kind of folder settings."),
    };

    private static Assignment OfView(ResolvedProfile what, string sku)
    {
        var view = what with { Profile = what.Profile.ForView() };
        var product = what with { Profile = what.Profile.ForProduct() };
        return new()
        {
            Profile = view.Profile,
            What = view,
            Product = product.Profile.Fields.Count > 0 ? product : null,
            Sku = sku,
            Version = view.Version,
        };
    }
}
