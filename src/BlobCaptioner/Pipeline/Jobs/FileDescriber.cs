using System.Security.Cryptography;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>Describes files without storage. Thread-safe.</summary>
public sealed class FileDescriber(ImagePreparer preparer, ICaptionModel model, TimeProvider time)
{
    /// <summary>Prepares files and describes them as views of one product.</summary>
    /// <param name="paths">The files, 1 to <see cref="CaptionRequest.MaxImages"/>, the main view first.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// The first image's record. Container, ETag and prepared image are empty, and <see cref="CaptionRecord.Product"/> names several views. The status is <c>rejected</c> if a
    /// file can't be read (<c>file-unreadable</c>) or described, and <c>failed</c> if the model failed; it is asked once.
    /// </returns>
    /// <exception cref="ArgumentException">There are no files, or too many.</exception>
    public async Task<CaptionRecord> DescribeAsync(IReadOnlyList<string> paths, Profile profile, CancellationToken cancellationToken)
    {
        if (paths.Count is < 1 or > CaptionRequest.MaxImages)
        {
            throw new ArgumentException($"There are {paths.Count} files; a product has 1 to {CaptionRequest.MaxImages} views.", nameof(paths));
        }

        var pictures = await Task.WhenAll(paths.Select(p => FilePicture.ReadAsync(p, preparer, profile.ImageTokenBudget, cancellationToken)));
        var record = await DescribeAsync(pictures, profile, draft: null, cancellationToken);
        return paths.Count == 1 ? record : record with { Product = new(Path.GetFileNameWithoutExtension(paths[0]), paths) };
    }

    /// <summary>Describes an image that was prepared with the profile's pixel budget.</summary>
    /// <inheritdoc cref="DescribeAsync(IReadOnlyList{string}, Profile, CancellationToken)"/>
    /// <param name="picture">The image.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="draft">Receives the text while the model writes it; null for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<CaptionRecord> DescribeAsync(FilePicture picture, Profile profile, CaptionDraft? draft, CancellationToken cancellationToken) =>
        DescribeAsync([picture], profile, draft, cancellationToken);

    private async Task<CaptionRecord> DescribeAsync(FilePicture[] pictures, Profile profile, CaptionDraft? draft, CancellationToken cancellationToken)
    {
        var ticket = TicketFor(pictures[0], profile);
        if (pictures.FirstOrDefault(p => p.Error is not null) is { } bad)
        {
            return Without(RecordStatus.Rejected, ticket, profile, model: null, bad.Error!);
        }

        ticket = ticket with { Tries = [new(time.GetUtcNow(), WorkerName.Current)] };
        try
        {
            var began = time.GetTimestamp();
            var request = new CaptionRequest { Images = [.. pictures.Select(p => new PreparedImage { Jpeg = p.Prepared!.Jpeg, Name = p.Path })], Profile = profile, Draft = draft };
            var caption = await model.DescribeAsync(request, cancellationToken);
            return Clean(RecordDraft.Described(ticket, ResolvedProfile.Of(profile), model.Info, caption, variation: 0, time.GetElapsedTime(began), time.GetUtcNow()));
        }
        catch (CaptionException ex)
        {
            var status = ex.Retry ? RecordStatus.Failed : RecordStatus.Rejected;
            return Without(status, ticket, profile, model.Info, new(ex.Code, ex.Message, ex.Remedy));
        }
    }

    private CaptionRecord Without(RecordStatus status, Ticket ticket, Profile profile, CaptionModelInfo? model, RecordError error) =>
        Clean(RecordDraft.Without(status, ticket, ResolvedProfile.Of(profile), model, error, time.GetUtcNow()));

    /// <summary>Turns a record's empty values into nulls.</summary>
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

    private Ticket TicketFor(FilePicture picture, Profile profile)
    {
        var image = new SourceImage(
            picture.Path, "", picture.ContentHash, picture.Prepared?.SourceFormat ?? "", picture.Prepared?.SourceWidth ?? 0, picture.Prepared?.SourceHeight ?? 0);
        return new()
        {
            Container = "",
            Job = new PictureJob(image) { Preparation = preparer.Describe(profile.ImageTokenBudget) },
            Profile = profile.Name,
            ProfileVersion = profile.Version,
            Want = Want.Fresh,
            Call = "",
            EnqueuedAt = time.GetUtcNow(),
        };
    }
}

/// <summary>An image file on this machine after reading and preparing.</summary>
public sealed record FilePicture
{
    /// <summary>The file's path as given.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 of its bytes, lower-case hex; empty for an unreadable file.</summary>
    public string ContentHash { get; private init; } = "";

    /// <summary>The prepared image, with the file's format and size; null with an <see cref="Error"/>.</summary>
    public PreparationOutcome.Prepared? Prepared { get; private init; }

    /// <summary>Why there is no prepared image: <c>file-unreadable</c> or the preparation's reason; null with a prepared image.</summary>
    public RecordError? Error { get; private init; }

    /// <summary>Prepares an image in memory.</summary>
    /// <param name="name">Its name, for messages and records.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="preparer">Prepares it.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<FilePicture> ReadAsync(
        string name, ReadOnlyMemory<byte> content, ImagePreparer preparer, int imageTokenBudget, CancellationToken cancellationToken)
    {
        return Of(name, Convert.ToHexStringLower(SHA256.HashData(content.Span)), await preparer.PrepareAsync(content, name, imageTokenBudget, cancellationToken));
    }

    /// <summary>Reads and prepares a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="preparer">Prepares it.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<FilePicture> ReadAsync(string path, ImagePreparer preparer, int imageTokenBudget, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(path);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
            file.Position = 0;
            var outcome = await preparer.PrepareAsync(file, path, file.Length, imageTokenBudget, cancellationToken);
            return Of(path, hash, outcome);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return new() { Path = path, Error = new("file-unreadable", $"'{path}' can't be read: {ex.Message}", "Check the path and its permissions.") };
        }
    }

    private static FilePicture Of(string name, string hash, PreparationOutcome outcome) => new()
    {
        Path = name,
        ContentHash = hash,
        Prepared = outcome as PreparationOutcome.Prepared,
        Error = outcome is PreparationOutcome.Rejected no ? new(no.Code, no.Message, no.Remedy) : null,
    };
}
