using System.Runtime.InteropServices;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>An sRGB colour, 0 to 255 a channel. Values outside that range are clamped when the picture is finished.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Rgb(float R, float G, float B)
{
    public static readonly Rgb White = new(255, 255, 255);
    public static readonly Rgb Black = new(0, 0, 0);

    public static Rgb operator +(Rgb a, Rgb b) => new(a.R + b.R, a.G + b.G, a.B + b.B);

    public static Rgb operator *(Rgb a, float factor) => new(a.R * factor, a.G * factor, a.B * factor);

    /// <summary>Mixes in a share (0 to 1) of another colour.</summary>
    public Rgb Mix(Rgb other, float share) => (this * (1 - share)) + (other * share);

    /// <summary>A gray of a level, 0 to 255.</summary>
    public static Rgb Gray(float level) => new(level, level, level);
}
