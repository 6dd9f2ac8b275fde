using BlobCaptioner.Images;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>The seam above the engine: prepared images and a profile in, product copy out. Many callers at once.</summary>
public interface ICaptionModel
{
    /// <summary>The model's identity, for fingerprints and receipts.</summary>
    CaptionModelInfo Info { get; }

    /// <summary>Pictures that the model works on at once. A queue worker takes this many and a few more.</summary>
    int Concurrency { get; }

    /// <summary>Writes the copy for one product.</summary>
    /// <param name="request">Its pictures, the profile and the catalogue's facts.</param>
    /// <param name="cancellationToken">Gives the request up; others go on.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="CaptionException">The model could not describe this picture; says whether another try makes sense.</exception>
    Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken);
}

/// <summary>A model's identity.</summary>
/// <param name="Name">The model's name, for people.</param>
/// <param name="Hash">SHA-256 of the model's files in lower-case hex, or a server's own model id and revision.</param>
/// <param name="Engine">The program that runs it: <c>LLamaSharp 0.30.0</c>.</param>
public sealed record CaptionModelInfo(string Name, string Hash, string Engine);

/// <summary>Shorter calls of <see cref="ICaptionModel"/>.</summary>
public static class CaptionModelExtensions
{
    /// <summary>Writes the copy for one picture without facts.</summary>
    /// <inheritdoc cref="ICaptionModel.DescribeAsync(CaptionRequest, CancellationToken)"/>
    public static Task<Caption> DescribeAsync(this ICaptionModel model, PreparedImage image, Profile profile, CancellationToken cancellationToken) =>
        model.DescribeAsync(new CaptionRequest { Images = [image], Profile = profile }, cancellationToken);
}
