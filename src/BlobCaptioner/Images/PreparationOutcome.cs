namespace BlobCaptioner.Images;

/// <summary>What became of an image: either a prepared image or the reason why not.</summary>
public abstract record PreparationOutcome
{
    private PreparationOutcome()
    {
    }

    /// <summary>A prepared image.</summary>
    public sealed record Prepared : PreparationOutcome
    {
        /// <summary>The prepared image, a baseline JPEG in sRGB without metadata.</summary>
        public required ReadOnlyMemory<byte> Jpeg { get; init; }

        /// <summary>Pixels across; a multiple of 32.</summary>
        public required int Width { get; init; }

        /// <summary>Pixels down; a multiple of 32.</summary>
        public required int Height { get; init; }

        /// <summary>The image's own format, by content: <c>jpeg</c>, <c>png</c>, <c>webp</c>, <c>gif</c>, <c>tiff</c>, <c>bmp</c>, <c>avif</c>.</summary>
        public required string SourceFormat { get; init; }

        /// <summary>The image's own pixels across, upright.</summary>
        public required int SourceWidth { get; init; }

        /// <summary>The image's own pixels down, upright.</summary>
        public required int SourceHeight { get; init; }
    }

    /// <summary>The image can't be described; another try would end the same way.</summary>
    /// <param name="Code">Short stable code: <c>not-an-image</c>, <c>too-large</c>, <c>too-many-pixels</c>, <c>truncated</c>, <c>svg</c>, <c>empty</c>, <c>timeout</c>...</param>
    /// <param name="Message">What is wrong, with name, value and limit.</param>
    /// <param name="Remedy">The way out.</param>
    public sealed record Rejected(string Code, string Message, string Remedy) : PreparationOutcome;
}
