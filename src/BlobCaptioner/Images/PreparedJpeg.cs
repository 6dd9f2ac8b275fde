using NetVips;

namespace BlobCaptioner.Images;

/// <summary>Reads the pixels of a prepared image.</summary>
internal static class PreparedJpeg
{
    /// <summary>Decodes the JPEG to RGB.</summary>
    /// <exception cref="InvalidDataException">The file is not a whole JPEG of three bands of 8 bits.</exception>
    public static PixelImage Decode(PreparedImage image)
    {
        try
        {
            using var decoded = Image.NewFromBuffer(image.Jpeg.ToArray(), access: Enums.Access.Sequential, failOn: Enums.FailOn.Error);
            if (decoded.Bands != 3 || decoded.Format != Enums.BandFormat.Uchar)
            {
                throw new InvalidDataException($"it has {decoded.Bands} bands of {decoded.Format}, not 3 of 8 bits");
            }

            return new PixelImage { Width = decoded.Width, Height = decoded.Height, Rgb = decoded.WriteToMemory<byte>() };
        }
        catch (VipsException error)
        {
            throw new InvalidDataException(error.Message.ReplaceLineEndings(" ").Trim(), error);
        }
    }
}
