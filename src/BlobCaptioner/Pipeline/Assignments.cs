using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;

namespace BlobCaptioner.Pipeline;

/// <summary>Asks the folders' settings what is to be written about each picture.</summary>
/// <param name="ask">The settings of a picture's folder over a base profile.</param>
/// <param name="askAs">The same for a profile in place of the folder's, by its name; null where there is none.</param>
internal sealed class Assignments(
    Func<string, Profile, CancellationToken, ValueTask<FolderProfile>> ask, Func<string, string, CancellationToken, ValueTask<FolderProfile>>? askAs = null)
{
    public Assignments(FolderSettings settings)
        : this(settings.ForAsync, settings.AsAsync)
    {
    }

    /// <summary>The same, with a profile in place of the folder's where one is named.</summary>
    public async ValueTask<Assignment> ForAsync(string name, Profile basis, string? other, CancellationToken cancellationToken) =>
        other is null || askAs is null ? await ForAsync(name, basis, cancellationToken) : Assignment.Of(await askAs(name, other, cancellationToken), basis);

    public async ValueTask<Assignment> ForAsync(string name, Profile basis, CancellationToken cancellationToken) =>
        Assignment.Of(await ask(name, basis, cancellationToken), basis);
}
