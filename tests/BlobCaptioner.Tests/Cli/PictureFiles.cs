using BlobCaptioner.Tests.Images;

namespace BlobCaptioner.Tests.Cli;

/// <summary>Small picture files that all differ.</summary>
internal static class PictureFiles
{
    /// <summary>A JPEG of 96×96 px; another number, another colour.</summary>
    public static byte[] Jpeg(int number)
    {
        using var plain = TestPicture.Plain([(byte)(number * 7 % 256), (byte)(number / 3 % 256), (byte)(255 - (number % 200))], 96, 96);
        return plain.JpegsaveBuffer(q: 90);
    }

    /// <summary>Writes a file with its folders.</summary>
    public static void Write(string folder, string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }
}
