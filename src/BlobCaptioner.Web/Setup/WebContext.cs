using Azure;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Setup;

/// <summary>The store, the model and the settings that the page works with.</summary>
public sealed class WebContext
{
    /// <summary>Creates it.</summary>
    /// <param name="storage">The containers and queues.</param>
    /// <param name="preparer">Prepares pictures that are tried, and thumbnails.</param>
    /// <param name="images">The preparer's limits.</param>
    /// <param name="model">Describes pictures that are tried; null if this process has no model.</param>
    /// <param name="profile">The profile of folders without settings.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cap">The day's budget; null for none.</param>
    public WebContext(CaptionStorage storage, ImagePreparer preparer, ImageOptions images, ICaptionModel? model, Profile profile, TimeProvider time, SpendCap? cap = null)
    {
        (Storage, Preparer, ImageOptions, Model, Profile, Time) = (storage, preparer, images, model, profile, time);
        Store = new(storage);
        Folders = new(storage, maxAge: TimeSpan.FromSeconds(2), time);
        Intake = new(storage, preparer, new() { Model = model?.Info }, time, cap: cap);
        Cap = cap;
    }

    /// <summary>Called with the name of each uploaded picture, so that intake need not wait for a listing. Must be thread-safe and return at once; null for none.</summary>
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

    internal SpendCap? Cap { get; }

    /// <summary>The profile that a worker with the same settings has under this name.</summary>
    internal Profile ProfileOrDefault(string name) => name == Profile.Name ? Profile : BuiltInProfiles.Find(name) ?? Profile;

    /// <summary>Opens the content of an image.</summary>
    /// <exception cref="ApiException">There is no such image.</exception>
    internal async Task<BlobDownloadStreamingResult> OpenAsync(string image, CancellationToken cancellationToken)
    {
        try
        {
            return (await Storage.Images.GetBlobClient(image).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            throw ApiException.NotFound(image);
        }
    }
}
