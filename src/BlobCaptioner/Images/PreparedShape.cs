namespace BlobCaptioner.Images;

/// <summary>Size of a prepared image: a canvas with sides in multiples of 32 px, and the part of it that the image fills.</summary>
/// <param name="Width">Canvas pixels across.</param>
/// <param name="Height">Canvas pixels down.</param>
/// <param name="ContentWidth">Pixels across that the image fills; less than <paramref name="Width"/> only for tall strips.</param>
/// <param name="ContentHeight">Pixels down that the image fills; less than <paramref name="Height"/> only for wide strips.</param>
public sealed record PreparedShape(int Width, int Height, int ContentWidth, int ContentHeight)
{
    /// <summary>Side of the square that one image token stands for, pixels.</summary>
    public const int BlockPixels = 32;

    /// <summary>Fewest image tokens that the vision tower takes (llama.cpp's limit for Qwen-VL).</summary>
    public const int MinTokens = 8;

    /// <summary>Most image tokens that the vision tower takes (llama.cpp's limit for Qwen-VL).</summary>
    public const int MaxTokens = 4096;

    /// <summary>Images longer than this many times their short side are padded to that ratio: scaled to a strip of whole blocks they would be badly distorted.</summary>
    public const int PaddedRatio = 8;

    /// <summary>Images longer than this many times their short side are rejected (as in Qwen-VL's own <c>smart_resize</c>).</summary>
    public const int MaxRatio = 200;

    /// <summary>Image tokens that the canvas takes.</summary>
    public int Tokens => Width / BlockPixels * (Height / BlockPixels);

    /// <summary>
    /// Chooses the shape for an image of <paramref name="width"/> × <paramref name="height"/> px: as many blocks as the budget and the
    /// image's own pixels allow, where one percent of distortion weighs as much as two percent of pixels.
    /// </summary>
    /// <remarks>
    /// The image is scaled to exactly that shape. Where such a shape exists, the short side is at most half a block off the image's aspect
    /// ratio: 1600×1200 becomes 864×640 (1.2 % off). The shape has no more pixels than the image, unless <see cref="MinTokens"/> require
    /// them: 128×128 stays, 100×100 becomes 96×96, 40×40 becomes 96×96.
    /// </remarks>
    /// <param name="width">Pixels across, upright; at least 1.</param>
    /// <param name="height">Pixels down, upright; at least 1.</param>
    /// <param name="tokenBudget">Most image tokens, <see cref="MinTokens"/> to <see cref="MaxTokens"/>.</param>
    public static PreparedShape Fit(int width, int height, int tokenBudget)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenBudget, MinTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokenBudget, MaxTokens);

        double longSide = Math.Max(width, height);
        double shortSide = Math.Max(Math.Min(width, height), longSide / PaddedRatio);
        var ratio = longSide / shortSide;
        var ownBlocks = (int)Math.Min(tokenBudget, longSide * shortSide / (BlockPixels * BlockPixels));

        var (longBlocks, shortBlocks) = Best(ratio, MinTokens, ownBlocks, larger: true, withinHalfBlock: true)
            ?? Best(ratio, MinTokens, tokenBudget, larger: false, withinHalfBlock: true)
            ?? Best(ratio, MinTokens, tokenBudget, larger: false, withinHalfBlock: false)!.Value;

        var contentShort = Math.Max(1, (int)Math.Round(shortBlocks * BlockPixels * Math.Min(width, height) / shortSide));
        return width >= height
            ? new PreparedShape(longBlocks * BlockPixels, shortBlocks * BlockPixels, longBlocks * BlockPixels, contentShort)
            : new PreparedShape(shortBlocks * BlockPixels, longBlocks * BlockPixels, contentShort, longBlocks * BlockPixels);
    }

    private static (int Long, int Short)? Best(double ratio, int minBlocks, int maxBlocks, bool larger, bool withinHalfBlock)
    {
        (int Long, int Short)? best = null;
        var bestScore = double.NegativeInfinity;
        for (var across = 1; across <= maxBlocks; across++)
        {
            var ideal = across / ratio;
            for (var down = 1; down <= Math.Min(across, maxBlocks / across); down++)
            {
                if (across * down < minBlocks || (withinHalfBlock && Math.Abs(down - ideal) > 0.5))
                {
                    continue;
                }

                var pixels = Math.Log(across * down);
                var score = (larger ? pixels : -pixels) - (2 * Math.Abs(Math.Log(down / ideal)));
                if (score > bestScore)
                {
                    (best, bestScore) = ((across, down), score);
                }
            }
        }

        return best;
    }
}
