using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Intake;

/// <summary>Asks the folders' settings what is to be written about each picture.</summary>
/// <param name="ask">The settings of a picture's folder over a base profile.</param>
internal sealed class Assignments(Func<string, Profile, CancellationToken, ValueTask<FolderProfile>> ask)
{
    public Assignments(FolderSettings settings)
        : this(settings.ForAsync)
    {
    }

    public async ValueTask<Assignment> ForAsync(string name, Profile basis, CancellationToken cancellationToken) =>
        Assignment.Of(await ask(name, basis, cancellationToken), basis);
}
