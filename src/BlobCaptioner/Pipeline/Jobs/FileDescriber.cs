using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

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
    /// <inheritdoc cref="DescribeAsync(IReadOnlyList{string}, Profile, CancellationToken)"/>
    /// <param name="path">The file.</param>
    /// <param name="profile">What to write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<CaptionRecord> DescribeAsync(string path, Profile profile, CancellationToken cancellationToken) => DescribeAsync([path], profile, cancellationToken);

    /// <summary>Prepares files and describes them as views of one product.</summary>
    /// <param name="paths">The files, 1 to <see cref="CaptionRequest.MaxImages"/>, the main view first.</param>
    /// <param name="profile">What to write.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// A record as it would lie beside the first image; container, ETag and prepared image are empty, and <see cref="CaptionRecord.Product"/> names all views where there
    /// are several. <c>rejected</c> where a file can't be read (<c>file-unreadable</c>) or described, <c>failed</c> where the model failed, which it is not asked a
    /// second time.
    /// </returns>
    /// <exception cref="ArgumentException">There is no file, or more than the most.</exception>
    public async Task<CaptionRecord> DescribeAsync(IReadOnlyList<string> paths, Profile profile, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (paths.Count is < 1 or > CaptionRequest.MaxImages)
        {
            throw new ArgumentException($"There are {paths.Count} files; a product has 1 to {CaptionRequest.MaxImages} views.", nameof(paths));
        }

        var pictures = await Task.WhenAll(paths.Select(p => FilePicture.ReadAsync(p, _preparer, profile.ImageTokenBudget, cancellationToken)));
        var record = await DescribeAsync(pictures, profile, draft: null, cancellationToken);
        return paths.Count == 1 ? record : record with { Product = new(Path.GetFileNameWithoutExtension(paths[0]), paths) };
    }

    /// <summary>Describes a picture that was prepared by the profile's pixel budget.</summary>
    /// <inheritdoc cref="DescribeAsync(IReadOnlyList{string}, Profile, CancellationToken)"/>
    /// <param name="picture">The picture.</param>
    /// <param name="profile">What to write.</param>
    /// <param name="draft">Told what is written as it is written; null for nobody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<CaptionRecord> DescribeAsync(FilePicture picture, Profile profile, CaptionDraft? draft, CancellationToken cancellationToken) =>
        DescribeAsync([picture], profile, draft, cancellationToken);

    private async Task<CaptionRecord> DescribeAsync(FilePicture[] pictures, Profile profile, CaptionDraft? draft, CancellationToken cancellationToken)
    {
        var job = Job(pictures[0], profile);
        if (pictures.FirstOrDefault(p => p.Error is not null) is { } bad)
        {
            return Without(RecordStatus.Rejected, job, profile, model: null, bad.Error!);
        }

        job = job with { Tries = 1 };
        try
        {
            var began = _time.GetTimestamp();
            var request = new CaptionRequest { Images = [.. pictures.Select(p => new PreparedImage { Jpeg = p.Prepared!.Jpeg, Name = p.Path })], Profile = profile, Draft = draft };
            var caption = await _model.DescribeAsync(request, cancellationToken);
            return Clean(RecordDraft.Described(job, ResolvedProfile.Of(profile), _model.Info, caption, _time.GetElapsedTime(began), _time.GetUtcNow()));
        }
        catch (CaptionException ex)
        {
            var status = ex.Retry ? RecordStatus.Failed : RecordStatus.Rejected;
            return Without(status, job, profile, _model.Info, new(ex.Code, ex.Message, ex.Remedy));
        }
    }

    private CaptionRecord Without(RecordStatus status, CaptionJob job, Profile profile, CaptionModelInfo? model, RecordError error) =>
        Clean(RecordDraft.Without(status, job, ResolvedProfile.Of(profile), model, error, _time.GetUtcNow()));

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

    private CaptionJob Job(FilePicture picture, Profile profile) => new()
    {
        Container = "",
        Name = picture.Path,
        ETag = "",
        ContentHash = picture.ContentHash,
        Format = picture.Prepared?.SourceFormat ?? "",
        Width = picture.Prepared?.SourceWidth ?? 0,
        Height = picture.Prepared?.SourceHeight ?? 0,
        PreparedBlob = "",
        Preparation = _preparer.Describe(profile.ImageTokenBudget),
        Profile = profile.Name,
        ProfileVersion = profile.Version,
        Claim = "",
        EnqueuedAt = _time.GetUtcNow(),
    };
}
