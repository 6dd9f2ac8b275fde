using System.Buffers.Binary;
using System.Security.Cryptography;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>What a model is asked.</summary>
public sealed record CaptionRequest
{
    /// <summary>Most pictures of one request.</summary>
    public const int MaxImages = 4;

    // What one variation more adds to the seed: the golden ratio of 2^64, so that small numbers differ in all bits.
    private const ulong VariationStep = 0x9E3779B97F4A7C15;

    /// <summary>The views of one product, 1 to <see cref="MaxImages"/>; the first is the main one.</summary>
    public required IReadOnlyList<PreparedImage> Images { get; init; }

    /// <summary>What to write, in all its languages.</summary>
    public required Profile Profile { get; init; }

    /// <summary>What the catalogue says.</summary>
    public ProductFacts Facts { get; init; } = ProductFacts.None;

    /// <summary>Mixed into the seed, so that the same picture gets other words; 0, the default, for those of always.</summary>
    public ulong Variation { get; init; }

    /// <summary>Told what is written as it is written; null, the default, for nobody. A remote model tells nothing.</summary>
    public CaptionDraft? Draft { get; init; }

    /// <summary>Seed of these pictures' own random numbers: the profile's, the variation and the pictures' bytes.</summary>
    internal ulong Seed => Images.Aggregate(
        Profile.Sampling.Seed + (Variation * VariationStep), (seed, image) => seed ^ BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(image.Jpeg.Span)));
}
