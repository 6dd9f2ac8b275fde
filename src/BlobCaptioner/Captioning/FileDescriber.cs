using System.Security.Cryptography;
using BlobCaptioner.Images;
using BlobCaptioner.Queueing;
using BlobCaptioner.Results;

namespace BlobCaptioner.Captioning;

/// <summary>Describes a file without any storage: the picture goes in, its record comes out. Safe to call many times at once.</summary>
public sealed class FileDescriber
{
    private readonly ImagePreparer _preparer;
    private readonly ICaptionModel _model;
    private readonly TimeProvider _time;

    /// <summary>Creates a describer.</summary>
    public FileDescriber(ImagePreparer preparer, ICaptionModel model, TimeProvider time)
    {
        _preparer = preparer;
        _model = model;
        _time = time;
    }

    /// <summary>Prepares and describes one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="profile">What to write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// A record as it would lie beside an image; container, ETag and prepared image are empty. <c>rejected</c> where the file can't be read
    /// (<c>file-unreadable</c>) or described, <c>failed</c> where the model failed, which it is not asked a second time.
    /// </returns>
    public async Task<CaptionRecord> DescribeAsync(string path, Profile profile, CancellationToken cancellationToken)
    {
        byte[] hash;
        PreparationOutcome outcome;
        try
        {
            await using var file = File.OpenRead(path);
            hash = await SHA256.HashDataAsync(file, cancellationToken);
            file.Position = 0;
            outcome = await _preparer.PrepareAsync(file, path, file.Length, profile.ImageTokenBudget, cancellationToken);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            var unreadable = new RecordError("file-unreadable", $"'{path}' can't be read: {ex.Message}", "Check the path and its permissions.");
            return Without(RecordStatus.Rejected, Job(path, contentHash: "", profile, picture: null), profile, model: null, unreadable);
        }

        var contentHash = Convert.ToHexStringLower(hash);
        if (outcome is PreparationOutcome.Rejected no)
        {
            return Without(RecordStatus.Rejected, Job(path, contentHash, profile, picture: null), profile, model: null, new(no.Code, no.Message, no.Remedy));
        }

        var picture = (PreparationOutcome.Prepared)outcome;
        var job = Job(path, contentHash, profile, picture) with { Tries = 1 };
        try
        {
            var began = _time.GetTimestamp();
            var caption = await _model.DescribeAsync(new() { Jpeg = picture.Jpeg, Name = path }, profile, cancellationToken);
            return Clean(RecordDraft.Described(job, profile, _model.Info, caption, _time.GetElapsedTime(began), _time.GetUtcNow()));
        }
        catch (CaptionException ex)
        {
            var status = ex.Retry ? RecordStatus.Failed : RecordStatus.Rejected;
            return Without(status, job, profile, _model.Info, new(ex.Code, ex.Message, ex.Remedy));
        }
    }

    private CaptionRecord Without(RecordStatus status, CaptionJob job, Profile profile, CaptionModelInfo? model, RecordError error) =>
        Clean(RecordDraft.Without(status, job, profile, model, error, _time.GetUtcNow()));

    /// <summary>A record's blanks are null.</summary>
    private static CaptionRecord Clean(CaptionRecord record) => record with
    {
        Image = record.Image with
        {
            ContentHash = record.Image.ContentHash is { Length: > 0 } hash ? hash : null,
            Format = record.Image.Format is { Length: > 0 } format ? format : null,
            Width = record.Image.Width > 0 ? record.Image.Width : null,
            Height = record.Image.Height > 0 ? record.Image.Height : null,
        },
        Generation = record.Generation with { Prepared = null },
    };

    private CaptionJob Job(string path, string contentHash, Profile profile, PreparationOutcome.Prepared? picture) => new()
    {
        Container = "",
        Name = path,
        ETag = "",
        ContentHash = contentHash,
        Format = picture?.SourceFormat ?? "",
        Width = picture?.SourceWidth ?? 0,
        Height = picture?.SourceHeight ?? 0,
        PreparedBlob = "",
        Preparation = _preparer.Describe(profile.ImageTokenBudget),
        Profile = profile.Name,
        ProfileVersion = profile.Version,
        Claim = "",
        EnqueuedAt = _time.GetUtcNow(),
    };
}
