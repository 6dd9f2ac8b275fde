using System.Buffers.Binary;
using NetVips;

namespace BlobCaptioner.Tests.Images;

/// <summary>Writes the BMP variants that shops have; libvips writes none.</summary>
internal static class BmpFile
{
    /// <summary>24 bits a pixel, bottom row first, rows padded to 4 bytes: what Paint writes.</summary>
    public static byte[] Rgb24(Image image)
    {
        var rgb = image.WriteToMemory<byte>();
        var stride = ((image.Width * 3) + 3) & ~3;
        var file = Header(image.Width, image.Height, 24, compression: 0, tableBytes: 0, stride * image.Height);
        for (var y = 0; y < image.Height; y++)
        {
            var row = file.AsSpan(54 + ((image.Height - 1 - y) * stride));
            for (var x = 0; x < image.Width; x++)
            {
                var at = ((y * image.Width) + x) * 3;
                (row[x * 3], row[(x * 3) + 1], row[(x * 3) + 2]) = (rgb[at + 2], rgb[at + 1], rgb[at]);
            }
        }

        return file;
    }

    /// <summary>A file of BITMAPINFOHEADER shape with an empty pixel area, for tests to fill; a negative height is top row first.</summary>
    public static byte[] Header(int width, int height, int bits, int compression, int tableBytes, int pixelBytes)
    {
        var file = new byte[54 + tableBytes + pixelBytes];
        file[0] = (byte)'B';
        file[1] = (byte)'M';
        void Write(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
        Write(2, file.Length);
        Write(10, 54 + tableBytes);
        Write(14, 40);
        Write(18, width);
        Write(22, height);
        file[26] = 1;
        file[28] = (byte)bits;
        Write(30, compression);
        Write(34, pixelBytes);
        return file;
    }
}
