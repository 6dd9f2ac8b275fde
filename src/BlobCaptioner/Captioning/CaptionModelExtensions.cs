using BlobCaptioner.Images;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>Short ways to ask a model.</summary>
public static class CaptionModelExtensions
{
    /// <summary>Writes the copy for one picture of which nothing else is known.</summary>
    /// <inheritdoc cref="ICaptionModel.DescribeAsync(CaptionRequest, CancellationToken)"/>
    public static Task<Caption> DescribeAsync(this ICaptionModel model, PreparedImage image, Profile profile, CancellationToken cancellationToken) =>
        model.DescribeAsync(new CaptionRequest { Images = [image], Profile = profile }, cancellationToken);
}
