using System.Buffers.Binary;
using System.Security.Cryptography;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Captioning;

/// <summary>One product to be described.</summary>
public sealed record CaptionRequest
{
    /// <summary>Most pictures of one request.</summary>
    public const int MaxImages = 4;

    // Each variation adds the golden ratio of 2^64 to the seed, so that small numbers differ in all bits.
    private const ulong VariationStep = 0x9E3779B97F4A7C15;

    private readonly ulong? _seed;

    /// <summary>The views of one product, 1 to <see cref="MaxImages"/>; the first is the main one.</summary>
    public required IReadOnlyList<PreparedImage> Images { get; init; }

    /// <summary>The fields and languages to write.</summary>
    public required Profile Profile { get; init; }

    /// <summary>The catalogue's facts. Default none.</summary>
    public ProductFacts Facts { get; init; } = ProductFacts.None;

    /// <summary>Mixed into the seed, so that the same picture gets other words. Default 0.</summary>
    public ulong Variation { get; init; }

    /// <summary>Takes what is written while it is written; null, the default, for none. A remote model leaves it empty.</summary>
    public CaptionDraft? Draft { get; init; }

    /// <summary>Seed of these pictures' own random numbers. Default: made of the profile's, the variation and the pictures' bytes.</summary>
    internal ulong Seed
    {
        get => _seed ?? Images.Aggregate(
            Profile.Sampling.Seed + (Variation * VariationStep), (seed, image) => seed ^ BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(image.Jpeg.Span)));
        init => _seed = value;
    }

    /// <exception cref="ArgumentException">The request has too few or too many images.</exception>
    internal static void RequireImages(CaptionRequest request)
    {
        if (request.Images.Count is < 1 or > MaxImages)
        {
            throw new ArgumentException($"A request has {request.Images.Count} pictures; it takes 1 to {MaxImages}.", nameof(request));
        }
    }
}
