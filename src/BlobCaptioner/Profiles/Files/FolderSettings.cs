using BlobCaptioner.Profiles.Catalogs;
using BlobCaptioner.Storage;
using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles.Files;

/// <summary>
/// Resolves what is to be written about each picture: a base profile, changed by the nearest <c>_captioner.json</c> up the path, with the facts of the nearest
/// <c>_catalog.csv</c>. Thread-safe.
/// </summary>
/// <remarks>
/// Each folder costs at most two requests per age, however many pictures it has; folders share the requests for those above them. A <c>_captioner.json</c> that names a profile
/// (<c>profile</c> or <c>extends</c>) starts from that profile: the container's own <c>_profiles/NAME.json</c>, else a built-in one. One that only has a name is a complete
/// profile. Any other changes the base profile. Files further up are ignored.
/// </remarks>
public sealed class FolderSettings
{
    /// <summary>Name of a folder's settings.</summary>
    public const string FileName = "_captioner.json";

    /// <summary>Name of a folder's catalogue.</summary>
    public const string CatalogName = "_catalog.csv";

    private const string CustomFolder = "_profiles/";
    private const int MostMessageCharacters = 1500;

    private readonly SettingsBlobs<ProfileFile> _settings;
    private readonly SettingsBlobs<Profile> _profiles;
    private readonly SettingsBlobs<ProductCatalog> _catalogs;

    /// <summary>Creates it over a store.</summary>
    /// <param name="storage">The store.</param>
    /// <param name="maxAge">Age at which a blob is checked for changes; null takes 10 s.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    public FolderSettings(CaptionStorage storage, TimeSpan? maxAge = null, TimeProvider? time = null)
    {
        var (age, clock, images) = (maxAge ?? TimeSpan.FromSeconds(10), time ?? TimeProvider.System, storage.Images);
        _settings = new(images, ProfileReader.MaxBytes, ProfileFile.Parse, age, clock);
        _profiles = new(images, ProfileReader.MaxBytes, ProfileReader.Read, age, clock);
        _catalogs = new(images, ProductCatalogReader.MaxBytes, ProductCatalogReader.Read, age, clock);
    }

    /// <summary>Blob name of a container's own profile: <c>_profiles/NAME.json</c>.</summary>
    public static string CustomProfile(string name) => $"{CustomFolder}{name}.json";

    /// <summary>Resolves the profile and facts of a picture.</summary>
    /// <param name="imageName">The image blob's name.</param>
    /// <param name="basis">The profile where no folder has settings.</param>
    /// <param name="profileOverride">
    /// Name of a profile that a person chose in place of the folder's: a container's own, or a built-in one. Its grouping is ignored; the catalogue's facts still apply. Null for
    /// the folder's.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public async ValueTask<ResolvedProfile> ResolveAsync(string imageName, Profile basis, string? profileOverride, CancellationToken cancellationToken)
    {
        var nearestCatalog = NearestAsync(_catalogs, imageName, CatalogName, cancellationToken);
        var settings = profileOverride is null ? await ProfileOfAsync(imageName, basis, cancellationToken) : await OverrideAsync(imageName, profileOverride, cancellationToken);
        var (catalog, folder) = await nearestCatalog;
        if (settings.Value is not { } profile)
        {
            return Broken(basis, FileName, settings.Hash, settings.Problems);
        }

        if (catalog is { Value: null })
        {
            return Broken(basis, CatalogName, catalog.Hash, catalog.Problems);
        }

        var match = catalog?.Value?.Find(imageName[folder.Length..]);
        if (profile.Grouping == ProfileGrouping.None)
        {
            return ResolvedProfile.Of(profile, match?.Facts);
        }

        if (match?.Sku is { } given && given.Any(c => c is '/' or '\\' || char.IsControl(c)))
        {
            return Broken(
                basis,
                CatalogName,
                catalog!.Hash,
                [$"{folder}{CatalogName}: the SKU '{given}' of '{imageName}' has a slash or a line break and can't name a product record; write it without, or set 'grouping' to none"]);
        }

        return ResolvedProfile.Of(profile, match?.Facts, match?.Sku ?? SkuOf(imageName, profile.Grouping)) with
        {
            Siblings = match is { Files.Count: > 0 } ? SiblingsOf(imageName, folder, match.Files) : [],
        };
    }

    /// <summary>A profile by its name: a container's own before a built-in one; null where there is none, or its file is broken.</summary>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public async ValueTask<Profile?> FindProfileAsync(string name, CancellationToken cancellationToken) => (await FindAsync(name, name, cancellationToken)).Value;

    private async ValueTask<SettingsBlob<Profile>> ProfileOfAsync(string imageName, Profile basis, CancellationToken cancellationToken)
    {
        var (settings, folder) = await NearestAsync(_settings, imageName, FileName, cancellationToken);
        if (settings is null)
        {
            return new(basis, [], Hash: "");
        }

        if (settings.Value is not { } file)
        {
            return new(null, settings.Problems, settings.Hash);
        }

        if (file.BaseName is { } name)
        {
            var named = await FindAsync(name, $"{folder}{FileName}: {file.BasePath}", cancellationToken);
            if (named.Value is null)
            {
                return named with { Hash = settings.Hash };
            }

            basis = named.Value;
        }

        var (profile, problems) = file.TryMerge(basis);
        return new(profile, problems, settings.Hash);
    }

    private async ValueTask<SettingsBlob<Profile>> OverrideAsync(string imageName, string profileName, CancellationToken cancellationToken)
    {
        var found = await FindAsync(profileName, $"'{imageName}'", cancellationToken);
        return found.Value is { Grouping: not ProfileGrouping.None } grouped
            ? new(grouped with { Grouping = ProfileGrouping.None }, [], profileName)
            : found with { Hash = profileName };
    }

    private async ValueTask<SettingsBlob<Profile>> FindAsync(string name, string where, CancellationToken cancellationToken)
    {
        if (ProfileFile.ProfileName().IsMatch(name) && await _profiles.GetAsync(CustomProfile(name), cancellationToken) is { } custom)
        {
            return custom;
        }

        return BuiltInProfiles.Find(name) is { } builtIn
            ? new(builtIn, [], Hash: "")
            : new(null, [$"{where}: '{name}' is not one of {string.Join(", ", BuiltInProfiles.Names)}, and the container has no '{CustomProfile(name)}'"], Hash: "");
    }

    // Of the catalogue's files those that can lie beside the image: with a path below the catalogue, or found by their name in any folder.
    private static List<string> SiblingsOf(string imageName, string catalogFolder, IReadOnlyList<string> files)
    {
        var folder = imageName[..(imageName.LastIndexOf('/') + 1)];
        return [.. files
            .Select(f => f.Contains('/', StringComparison.Ordinal) ? catalogFolder + f : folder + f)
            .Where(f => f.LastIndexOf('/') == folder.Length - 1 && f.StartsWith(folder, StringComparison.Ordinal) && f != imageName)];
    }

    // Completes synchronously, without a task, where all is cached.
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

    private static string SkuOf(string imageName, ProfileGrouping grouping)
    {
        var stem = SkuNames.Stem(imageName);
        return grouping == ProfileGrouping.Folder && SkuNames.FolderOf(imageName) is { } folder ? folder : SkuNames.WithoutView(stem) ?? stem;
    }

    private static ResolvedProfile Broken(Profile basis, string file, string hash, IReadOnlyList<string> problems)
    {
        var message = string.Join("; ", problems);
        var error = new SettingsError(
            file == FileName ? "settings-broken" : "catalog-broken",
            message.Length <= MostMessageCharacters ? message : message[..MostMessageCharacters] + "...",
            $"Correct and upload it again, or remove it. 'captioner profile check {file}' lists all problems.");
        return ResolvedProfile.Broken(basis, error, TextHash.Of($"{hash}\n{message}", digits: 16));
    }
}
