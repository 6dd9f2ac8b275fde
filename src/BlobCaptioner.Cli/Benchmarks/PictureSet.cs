using System.Security.Cryptography;
using BlobCaptioner.Cli.Folders;
using NetVips;

namespace BlobCaptioner.Cli.Benchmarks;

/// <summary>Makes any number of different pictures from the samples, by resizing, brightness and noise.</summary>
internal static class PictureSet
{
    /// <summary>Makes the pictures. Equal arguments give equal pictures.</summary>
    /// <param name="count">Number of pictures.</param>
    /// <param name="edge">Pixels across and down.</param>
    /// <returns>JPEG files by name.</returns>
    public static IReadOnlyList<(string Name, byte[] Jpeg)> Create(int count, int edge)
    {
        var samples = ImageFolder.List(ImageFolder.Samples, _ => { }).Select(s => File.ReadAllBytes(s.Path)).ToList();
        var pictures = new (string, byte[])[count];
        Parallel.For(0, count, i =>
        {
            using var picture = Image.ThumbnailBuffer(samples[i % samples.Count], edge, height: edge, size: Enums.Size.Force);
            using var rgb = picture.HasAlpha() ? picture.Flatten(background: [255]) : picture.Copy();
            using var noise = Image.Gaussnoise(edge, edge, sigma: 4, mean: -(i / samples.Count) % 24, seed: i);
            using var mixed = rgb + noise;
            using var bytes = mixed.Cast(Enums.BandFormat.Uchar);
            pictures[i] = ($"bench/{i % 7}/{i:D5}.jpg", bytes.JpegsaveBuffer(q: 90));
        });

        var different = pictures.Select(p => Convert.ToHexString(SHA256.HashData(p.Item2))).Distinct(StringComparer.Ordinal).Count();
        return different == count ? pictures : throw new InvalidOperationException($"Only {different} of {count} pictures differ.");
    }
}
