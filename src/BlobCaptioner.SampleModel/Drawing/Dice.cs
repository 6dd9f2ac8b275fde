namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>Random numbers and value noise for drawing.</summary>
internal static class Dice
{
    /// <summary>A uniform number from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public static float Between(this Random random, float low, float high) => low + (random.NextSingle() * (high - low));

    /// <summary>True with a probability of 0 to 1.</summary>
    public static bool Chance(this Random random, double probability) => random.NextDouble() < probability;

    /// <summary>A random colour that is neither very dark nor very light.</summary>
    public static Rgb AnyColor(this Random random) => new(random.Between(45, 225), random.Between(45, 225), random.Between(45, 225));

    /// <summary>A number from -1 to 1 that depends on the cell and the seed only.</summary>
    public static float Cell(int x, int y, int seed)
    {
        var hash = unchecked(((uint)x * 374_761_393u) + ((uint)y * 668_265_263u) + ((uint)seed * 2_246_822_519u));
        hash = unchecked((hash ^ (hash >> 13)) * 1_274_126_177u);
        return ((hash ^ (hash >> 16)) & 0xffff) / 32_767.5f - 1;
    }

    /// <summary>Value noise, -1 to 1: <see cref="Cell"/> at whole numbers, interpolated smoothly between them.</summary>
    public static float Smooth(float x, float y, int seed)
    {
        var (left, top) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        var (across, down) = (x - left, y - top);
        (across, down) = (across * across * (3 - (2 * across)), down * down * (3 - (2 * down)));
        var upper = Cell(left, top, seed) + (across * (Cell(left + 1, top, seed) - Cell(left, top, seed)));
        var lower = Cell(left, top + 1, seed) + (across * (Cell(left + 1, top + 1, seed) - Cell(left, top + 1, seed)));
        return upper + (down * (lower - upper));
    }
}
