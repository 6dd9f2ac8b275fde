using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Web;

/// <summary>What the page works on.</summary>
public sealed class WebContext
{
    /// <summary>Creates it.</summary>
    /// <param name="storage">The containers and queues.</param>
    /// <param name="preparer">Prepares pictures that are tried, and small ones for cards.</param>
    /// <param name="images">The preparer's limits.</param>
    /// <param name="model">Describes what is tried; null where this process has no model.</param>
    /// <param name="profile">What is written where no folder says anything.</param>
    /// <param name="time">Clock.</param>
    public WebContext(CaptionStorage storage, ImagePreparer preparer, ImageOptions images, ICaptionModel? model, Profile profile, TimeProvider time)
    {
        (Storage, Preparer, ImageOptions, Model, Profile, Time) = (storage, preparer, images, model, profile, time);
        Store = new(storage);
        Folders = new(storage, maxAge: TimeSpan.FromSeconds(2), time);
        Intake = new(storage, preparer, new() { Model = model?.Info }, time);
    }

    /// <summary>Told the name of each picture that is uploaded here, so that who takes pictures in need not wait for a listing; null for nobody. Any thread; it returns at once.</summary>
    public Action<string>? OnUpload { get; init; }

    internal CaptionStorage Storage { get; }

    internal ImagePreparer Preparer { get; }

    internal ImageOptions ImageOptions { get; }

    internal ICaptionModel? Model { get; }

    internal Profile Profile { get; }

    internal TimeProvider Time { get; }

    internal CaptionStore Store { get; }

    internal FolderSettings Folders { get; }

    internal ImageIntake Intake { get; }

    /// <summary>The profile that a worker of the same settings knows by this name.</summary>
    internal Profile Basis(string name) => name == Profile.Name ? Profile : BuiltInProfiles.Find(name) ?? Profile;
}
