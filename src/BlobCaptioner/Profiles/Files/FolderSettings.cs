using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Profiles.Catalogs;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Profiles.Files;

/// <summary>
/// What is to be written about each picture: a base profile, changed by the nearest <c>_captioner.json</c> up the path, with the facts of the nearest
/// <c>_catalog.csv</c>. Any number of callers at once.
/// </summary>
/// <remarks>
/// Each folder costs at most two requests per age, those above it shared, however many pictures it has. A <c>_captioner.json</c> that names a profile (<c>profile</c> or
/// <c>extends</c>) starts from that, a container's own <c>_profiles/NAME.json</c> before a built-in one; one with a name alone is a complete profile; any other changes the
/// base profile. Those further up take no part.
/// </remarks>
public sealed class FolderSettings
{
    /// <summary>The settings of a folder.</summary>
    public const string FileName = "_captioner.json";

    /// <summary>The catalogue of a folder.</summary>
    public const string CatalogName = "_catalog.csv";

    private const string CustomFolder = "_profiles/";
    private const int MostMessageCharacters = 1500;

    private readonly SettingsBlobs<FolderFile> _settings;
    private readonly SettingsBlobs<Profile> _profiles;
    private readonly SettingsBlobs<ProductCatalog> _catalogs;

    /// <summary>Creates it over a store.</summary>
    /// <param name="storage">The store.</param>
    /// <param name="maxAge">How old what was read may be before storage is asked for changes; null takes 10 s.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    public FolderSettings(CaptionStorage storage, TimeSpan? maxAge = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(storage);
        var (age, clock, images) = (maxAge ?? TimeSpan.FromSeconds(10), time ?? TimeProvider.System, storage.Images);
        _settings = new(images, ProfileReader.MaxBytes, (json, name) => new(ProfileFile.Parse(json, name)), age, clock);
        _profiles = new(images, ProfileReader.MaxBytes, ProfileReader.Read, age, clock);
        _catalogs = new(images, ProductCatalogReader.MaxBytes, ProductCatalogReader.Read, age, clock);
    }

    /// <summary>Where a container keeps its own profile of a name: <c>_profiles/NAME.json</c>.</summary>
    public static string CustomProfile(string name) => $"{CustomFolder}{name}.json";

    /// <summary>What is to be written about a picture.</summary>
    /// <param name="imageName">The image blob's name.</param>
    /// <param name="basis">The profile where no folder says anything.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public async ValueTask<FolderProfile> ForAsync(string imageName, Profile basis, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(imageName);
        ArgumentNullException.ThrowIfNull(basis);
        var nearestCatalog = NearestAsync(_catalogs, imageName, CatalogName, cancellationToken);
        var (settings, settingsFolder) = await NearestAsync(_settings, imageName, FileName, cancellationToken);
        var (catalog, folder) = await nearestCatalog;
        var profile = basis;
        if (settings is { Value: null })
        {
            return Broken(FileName, settings.Hash, settings.Problems);
        }

        if (settings is { Value: { } file })
        {
            var (start, problem) = file.BaseName is { } name ? await FindAsync(name, $"{settingsFolder}{FileName}: {file.BasePath}", cancellationToken) : (basis, null);
            if (start is null)
            {
                return Broken(FileName, settings.Hash, problem!);
            }

            var outcome = file.Apply(start);
            if (outcome.Profile is null)
            {
                return Broken(FileName, settings.Hash, outcome.Problems);
            }

            profile = outcome.Profile;
        }

        return Ready(imageName, profile, catalog, folder);
    }

    /// <summary>What is to be written about a picture by a profile that a person chose for it, whatever its folder says; the catalogue's facts stay.</summary>
    /// <param name="imageName">The image blob's name.</param>
    /// <param name="profileName">A container's own profile, or a built-in one. Its grouping counts for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public async ValueTask<FolderProfile> AsAsync(string imageName, string profileName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(imageName);
        var (catalog, folder) = await NearestAsync(_catalogs, imageName, CatalogName, cancellationToken);
        var (profile, problems) = await FindAsync(profileName, $"'{imageName}'", cancellationToken);
        return profile is null
            ? Broken(FileName, profileName, problems!)
            : Ready(imageName, profile.Grouping == ProfileGrouping.None ? profile : profile with { Grouping = ProfileGrouping.None }, catalog, folder);
    }

    /// <summary>A profile by its name: a container's own before a built-in one; null where there is none, or its file is broken.</summary>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public async ValueTask<Profile?> FindProfileAsync(string name, CancellationToken cancellationToken) => (await FindAsync(name, name, cancellationToken)).Profile;

    private static FolderProfile Ready(string imageName, Profile profile, SettingsBlob<ProductCatalog>? catalog, string folder)
    {
        if (catalog is { Value: null })
        {
            return Broken(CatalogName, catalog.Hash, catalog.Problems);
        }

        var match = catalog?.Value?.Find(imageName[folder.Length..]);
        if (profile.Grouping != ProfileGrouping.None && match?.Sku is { } given && given.Any(c => c is '/' or '\\' || char.IsControl(c)))
        {
            return Broken(
                CatalogName,
                catalog!.Hash,
                [$"{folder}{CatalogName}: the SKU '{given}' of '{imageName}' has a slash or a line break and can't name a product record; write it without, or set 'grouping' to none"]);
        }

        return new FolderProfile.Ready(new(profile, match?.Facts ?? ProductFacts.None), match?.Sku ?? SkuOf(imageName, profile.Grouping))
        {
            Siblings = profile.Grouping != ProfileGrouping.None && match is { Files.Count: > 0 } ? SiblingsOf(imageName, folder, match.Files) : [],
        };
    }

    // Of the catalogue's files those that can lie beside the image: with a path below the catalogue, or found by their name in any folder.
    private static List<string> SiblingsOf(string imageName, string catalogFolder, IReadOnlyList<string> files)
    {
        var folder = imageName[..(imageName.LastIndexOf('/') + 1)];
        return [.. files
            .Select(f => f.Contains('/', StringComparison.Ordinal) ? catalogFolder + f : folder + f)
            .Where(f => f.LastIndexOf('/') == folder.Length - 1 && f.StartsWith(folder, StringComparison.Ordinal) && f != imageName)];
    }

    // The cached case ends synchronously: no task is made.
    private static async ValueTask<(SettingsBlob<T>? Blob, string Folder)> NearestAsync<T>(
        SettingsBlobs<T> blobs, string imageName, string fileName, CancellationToken cancellationToken)
        where T : class
    {
        for (var end = imageName.LastIndexOf('/'); ; end = end <= 0 ? -1 : imageName.LastIndexOf('/', end - 1))
        {
            var folder = imageName[..(end + 1)];
            if (await blobs.GetAsync(folder + fileName, cancellationToken) is { } blob)
            {
                return (blob, folder);
            }

            if (end < 0)
            {
                return (null, "");
            }
        }
    }

    private static string? SkuOf(string imageName, ProfileGrouping grouping)
    {
        var stem = SkuNames.Stem(imageName);
        return grouping switch
        {
            ProfileGrouping.None => null,
            ProfileGrouping.Folder when SkuNames.FolderOf(imageName) is { } folder => folder,
            _ => SkuNames.WithoutView(stem) ?? stem,
        };
    }

    private static FolderProfile.Broken Broken(string what, string hash, IReadOnlyList<string> problems)
    {
        var message = string.Join("; ", problems);
        var version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{hash}\n{message}")))[..16];
        return new(
            what == FileName ? "settings-broken" : "catalog-broken",
            message.Length <= MostMessageCharacters ? message : message[..MostMessageCharacters] + "...",
            $"Put it right and upload it again, or remove it. 'captioner profile check {what}' names all that is wrong.",
            version);
    }

    private async ValueTask<(Profile? Profile, IReadOnlyList<string>? Problems)> FindAsync(
        string name, string where, CancellationToken cancellationToken)
    {
        if (ProfileFile.ProfileName().IsMatch(name) && await _profiles.GetAsync(CustomProfile(name), cancellationToken) is { } custom)
        {
            return (custom.Value, custom.Problems);
        }

        return BuiltInProfiles.Find(name) is { } builtIn
            ? (builtIn, null)
            : (null, [$"{where}: '{name}' is not one of {string.Join(", ", BuiltInProfiles.Names)}, and the container has no '{CustomProfile(name)}'"]);
    }
}
