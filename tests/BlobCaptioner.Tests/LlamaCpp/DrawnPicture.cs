using BlobCaptioner.Inference;

namespace BlobCaptioner.Tests.LlamaCpp;

/// <summary>Plain drawings of the kind that the sample model was trained on.</summary>
internal static class DrawnPicture
{
    /// <summary>A red bottle with a grey cap on a light background.</summary>
    public static PixelImage RedBottle(int width = 128, int height = 128) => Draw(width, height, (x, y) =>
        y is > -0.8f and < -0.62f && MathF.Abs(x) < 0.13f ? (190, 190, 190)
        : y is > -0.7f and < -0.1f && MathF.Abs(x) < 0.1f ? (148, 22, 25)
        : InEllipse(x, y + 0.1f, 0.28f, 0.2f) || (y is > -0.1f and < 0.8f && MathF.Abs(x) < 0.28f) ? (205, 30, 35)
        : (215, 215, 215));

    /// <summary>A blue lamp with a grey foot.</summary>
    public static PixelImage BlueLamp(int width = 128, int height = 128) => Draw(width, height, (x, y) =>
        y is > -0.8f and < -0.12f && MathF.Abs(x) < 0.28f + ((y + 0.8f) * 0.48f) ? (35, 75, 200)
        : y is > -0.2f and < 0.72f && MathF.Abs(x) < 0.05f ? (190, 190, 190)
        : InEllipse(x, y - 0.72f, 0.36f, 0.1f) ? (190, 190, 190)
        : (225, 222, 218));

    private static bool InEllipse(float x, float y, float rx, float ry) => (x * x / (rx * rx)) + (y * y / (ry * ry)) <= 1;

    // x and y run from -1 to 1 over the shorter side.
    private static PixelImage Draw(int width, int height, Func<float, float, (int R, int G, int B)> colour)
    {
        var rgb = new byte[width * height * 3];
        var half = Math.Min(width, height) / 2f;
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (r, g, b) = colour((x + 0.5f - (width / 2f)) / half, (y + 0.5f - (height / 2f)) / half);
                Set(rgb.AsSpan(((y * width) + x) * 3), r, g, b);
            }
        }

        return new() { Width = width, Height = height, Rgb = rgb };
    }

    private static void Set(Span<byte> pixel, int r, int g, int b)
    {
        pixel[0] = (byte)r;
        pixel[1] = (byte)g;
        pixel[2] = (byte)b;
    }
}
