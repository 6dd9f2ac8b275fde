using BlobCaptioner.SampleModel.Scope;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>A drawn picture.</summary>
internal sealed record DrawnPicture
{
    /// <summary>Pixels across.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels down.</summary>
    public required int Height { get; init; }

    /// <summary>R, G, B, R...; 3 × <see cref="Width"/> × <see cref="Height"/> bytes, sRGB.</summary>
    public required byte[] Rgb { get; init; }

    /// <summary>What it shows.</summary>
    public required PictureLabel Label { get; init; }
}
