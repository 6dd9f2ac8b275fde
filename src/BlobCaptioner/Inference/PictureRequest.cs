using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference;

/// <summary>One picture to be described by a <see cref="ContinuousBatcher"/>.</summary>
public sealed record PictureRequest
{
    /// <summary>Name for messages.</summary>
    public required string Name { get; init; }

    /// <summary>The pixels.</summary>
    public required PixelImage Image { get; init; }

    /// <summary>What to write, compiled for the batcher's decoder.</summary>
    public required DecodingPlan Plan { get; init; }

    /// <summary>How free text is sampled.</summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>Seed of this picture's own random numbers.</summary>
    public ulong Seed { get; init; }
}
