using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Batching;

/// <summary>One picture to be described by a <see cref="ContinuousBatcher"/>.</summary>
public sealed record PictureRequest
{
    /// <summary>Name for messages.</summary>
    public required string Name { get; init; }

    /// <summary>The pixels of each view, 1 to <see cref="CaptionRequest.MaxImages"/>, in the order in which the model sees them.</summary>
    public required IReadOnlyList<PixelImage> Images { get; init; }

    /// <summary>What the catalogue says.</summary>
    public ProductFacts Facts { get; init; } = ProductFacts.None;

    /// <summary>What to write, compiled for the batcher's decoder.</summary>
    public required DecodingPlan Plan { get; init; }

    /// <summary>How free text is sampled.</summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>Seed of this picture's own random numbers.</summary>
    public ulong Seed { get; init; }

    /// <summary>Told what is written; null for nobody.</summary>
    public CaptionDraft? Draft { get; init; }
}
