namespace BlobCaptioner.Captioning;

/// <summary>What a model is asked.</summary>
public sealed record CaptionRequest
{
    /// <summary>Most pictures of one request.</summary>
    public const int MaxImages = 4;

    /// <summary>The views of one product, 1 to <see cref="MaxImages"/>; the first is the main one.</summary>
    public required IReadOnlyList<PreparedImage> Images { get; init; }

    /// <summary>What to write, in all its languages.</summary>
    public required Profile Profile { get; init; }

    /// <summary>What the catalogue says.</summary>
    public ProductFacts Facts { get; init; } = ProductFacts.None;
}
