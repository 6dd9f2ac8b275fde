using NetVips;

namespace BlobCaptioner.Benchmarks.Images;

/// <summary>Photo-like pictures: smooth shapes, texture and noise, so that decoders work as hard as on photographs. All 4:3.</summary>
internal static class BenchmarkPictures
{
    /// <summary>JPEGs of 4000 × 3000 px without a colour profile, about 2 MB each.</summary>
    public static IReadOnlyList<string> TwelveMegapixels(string folder, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Save(folder, $"photo-{i:00}.jpg", () => Draw(4000, 3000, i), p => p.JpegsaveBuffer(q: 88)))];

    /// <summary>A mix as in shops, with the Display P3 profile of phones: mostly medium JPEGs, some progressive JPEG, PNG, WebP and TIFF.</summary>
    public static IReadOnlyList<string> Mixed(string folder, int count)
    {
        var files = new List<string>();
        for (var i = 0; i < count; i++)
        {
            files.Add((i % 8) switch
            {
                0 => Save(folder, $"mixed-{i:00}.png", () => DrawP3(1600, 1200, i), p => p.PngsaveBuffer()),
                1 => Save(folder, $"mixed-{i:00}.webp", () => DrawP3(1600, 1200, i), p => p.WebpsaveBuffer(q: 85)),
                2 => Save(folder, $"mixed-{i:00}.tif", () => DrawP3(2000, 1500, i), p => p.TiffsaveBuffer()),
                3 => Save(folder, $"mixed-{i:00}.jpg", () => DrawP3(3200, 2400, i), p => p.JpegsaveBuffer(q: 85, interlace: true)),
                4 => Save(folder, $"mixed-{i:00}.jpg", () => DrawP3(4000, 3000, i), p => p.JpegsaveBuffer(q: 90)),
                _ => Save(folder, $"mixed-{i:00}.jpg", () => DrawP3(2000, 1500, i), p => p.JpegsaveBuffer(q: 85)),
            });
        }

        return files;
    }

    private static string Save(string folder, string name, Func<Image> draw, Func<Image, byte[]> encode)
    {
        var path = Path.Combine(folder, name);
        using var picture = draw();
        File.WriteAllBytes(path, encode(picture));
        return path;
    }

    private static Image DrawP3(int width, int height, int seed)
    {
        using var picture = Draw(width, height, seed);
        return picture.IccTransform("p3", inputProfile: "srgb").CopyMemory();
    }

    private static Image Draw(int width, int height, int seed)
    {
        var bands = new Image[3];
        for (var band = 0; band < 3; band++)
        {
            using var coarse = Image.Perlin(width / 4, height / 4, cellSize: 64 + (band * 16), seed: (seed * 3) + band);
            using var smooth = coarse.Resize(4);
            using var texture = Image.Gaussnoise(smooth.Width, smooth.Height, sigma: 9, seed: (seed * 3) + band);
            bands[band] = (((smooth * 90) + 120) + texture).Cast(Enums.BandFormat.Uchar);
        }

        using var joined = bands[0].Bandjoin(bands[1..]);
        return joined.Copy(interpretation: Enums.Interpretation.Srgb).CopyMemory();
    }
}
