using BlobCaptioner.Images;
using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>A drawn picture with what it shows.</summary>
/// <param name="Image">The pixels.</param>
/// <param name="Label">What they show.</param>
internal sealed record DrawnPicture(PixelImage Image, PictureLabel Label);

/// <summary>Draws pictures with and without a product. The same random numbers give the same picture.</summary>
internal static class PictureDrawer
{
    private const double NonProductShare = 0.07;
    private const double BusyShare = 0.5;

    // Samples along each side of a pixel.
    private const int Fine = 2;

    /// <summary>Draws a random label and its picture.</summary>
    /// <param name="random">The source of chance.</param>
    /// <param name="width">Pixels across, at least 32.</param>
    /// <param name="height">Pixels down, at least 32.</param>
    /// <param name="heldOut">True for products that are never trained, false for trained products and non-products.</param>
    public static DrawnPicture Draw(Random random, int width, int height, bool heldOut)
    {
        if (!heldOut && random.Chance(NonProductShare))
        {
            return Draw(random, width, height, new PictureLabel { NonProduct = Enum.GetValues<NonProduct>()[random.Next(3)] });
        }

        return Draw(random, width, height, new PictureLabel { Product = Subject.Draw(random, heldOut), IsBusy = random.Chance(BusyShare) });
    }

    /// <summary>Draws a picture of a label.</summary>
    /// <exception cref="ArgumentException">The label has neither a product nor a non-product.</exception>
    public static DrawnPicture Draw(Random random, int width, int height, PictureLabel label)
    {
        var pixels = label is { NonProduct: { } nonProduct }
            ? NonProductDrawer.Draw(random, nonProduct, width, height)
            : DrawProduct(random, width, height, label.Product ?? throw new ArgumentException("The label has neither a product nor a non-product.", nameof(label)), label.IsBusy);
        return new DrawnPicture(new PixelImage { Width = width, Height = height, Rgb = Expose(random, pixels) }, label);
    }

    private static Rgb[] DrawProduct(Random random, int width, int height, Subject subject, bool isBusy)
    {
        var backdrop = isBusy ? Backdrop.Busy(random, width, height) : Backdrop.Plain(random, width, height);
        var surface = new Surface(random, subject);
        var place = new Placement(random, width, height);
        var paints = new Paint[width * Fine * height * Fine];
        for (var i = 0; i < paints.Length; i++)
        {
            var (x, y) = place.ToProduct(((i % (width * Fine)) + 0.5f) / Fine, ((i / (width * Fine)) + 0.5f) / Fine);
            paints[i] = Silhouettes.At(subject.Kind, x, y);
        }

        var edge = Math.Max(1, (int)MathF.Round(place.Scale * Fine * 0.022f));
        var pixels = new Rgb[width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (column, row) = (i % width, i / width);
            var behind = Shadowed(backdrop.At(column, row), place.ToProduct(column, row));
            var color = default(Rgb);
            for (var sample = 0; sample < Fine * Fine; sample++)
            {
                var (fineX, fineY) = ((column * Fine) + (sample % Fine), (row * Fine) + (sample / Fine));
                var paint = paints[(fineY * width * Fine) + fineX];
                if (paint == Paint.None)
                {
                    color += behind;
                    continue;
                }

                var (x, y) = place.ToProduct((fineX + 0.5f) / Fine, (fineY + 0.5f) / Fine);
                var own = surface.At(paint, x, y);
                color += IsEdge(fineX, fineY) ? own.Mix(Rgb.Gray(25), 0.38f) : own;
            }

            pixels[i] = color * (1f / (Fine * Fine));
        }

        return pixels;

        bool IsEdge(int x, int y) => IsOutside(x - edge, y) || IsOutside(x + edge, y) || IsOutside(x, y - edge) || IsOutside(x, y + edge);

        bool IsOutside(int x, int y) => x >= 0 && y >= 0 && x < width * Fine && y < height * Fine && paints[(y * width * Fine) + x] == Paint.None;
    }

    /// <summary>Darkens the backdrop where the product stands.</summary>
    private static Rgb Shadowed(Rgb color, (float X, float Y) point)
    {
        var (x, y) = (point.X / 0.8f, (point.Y - 0.95f) / 0.13f);
        return color * (1 - (0.35f * MathF.Exp(-((x * x) + (y * y)))));
    }

    /// <summary>Applies light of a random strength and warmth, and camera noise.</summary>
    private static byte[] Expose(Random random, Rgb[] pixels)
    {
        var (strength, warmth, noise) = (random.Between(0.9f, 1.06f), random.Between(-0.03f, 0.03f), random.Between(0, 5));
        var light = new Rgb(strength * (1 + warmth), strength, strength * (1 - warmth));
        var bytes = new byte[pixels.Length * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            var grain = noise * random.Between(-1, 1);
            bytes[3 * i] = ToByte((pixels[i].R * light.R) + grain);
            bytes[(3 * i) + 1] = ToByte((pixels[i].G * light.G) + grain);
            bytes[(3 * i) + 2] = ToByte((pixels[i].B * light.B) + grain);
        }

        return bytes;
    }

    private static byte ToByte(float value) => (byte)Math.Clamp(MathF.Round(value), 0, 255);
}
