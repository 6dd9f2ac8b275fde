using System.Diagnostics;
using System.Globalization;
using BlobCaptioner.Images;
using NetVips;

namespace BlobCaptioner.Benchmarks.Images;

/// <summary>The measured part. It runs in its own process, for its memory and processor time, and prepares one picture after the other.</summary>
internal static class PreparationRun
{
    public const string Preparer = "ImagePreparer";
    public const string Thumbnail = "thumbnail";
    public const string ThumbnailToSrgb = "thumbnail-srgb";

    /// <summary>Prepares the files and prints <c>wall ms, processor ms, peak KiB</c>.</summary>
    /// <param name="contender"><see cref="Preparer"/>, or <see cref="Thumbnail"/> or <see cref="ThumbnailToSrgb"/> for libvips' own thumbnail operation in this process.</param>
    /// <param name="output">Folder for the results.</param>
    /// <param name="files">Pictures; the first is prepared once more beforehand, which warms up the runtime.</param>
    public static async Task<int> RunAsync(string contender, string output, string[] files)
    {
        using var preparer = new ImagePreparer(new ImageOptions { MaxConcurrency = 1 });
        await PrepareAsync(preparer, contender, output, files[0]);

        var processor = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        foreach (var file in files)
        {
            await PrepareAsync(preparer, contender, output, file);
        }

        var wall = clock.Elapsed;
        processor = Environment.CpuUsage.TotalTime - processor;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{wall.TotalMilliseconds:F1} {processor.TotalMilliseconds:F1} {ResidentPeak.OfProcess(Environment.ProcessId) / 1024}"));
        return 0;
    }

    private static async Task PrepareAsync(ImagePreparer preparer, string contender, string output, string file)
    {
        var target = Path.Combine(output, Path.GetFileNameWithoutExtension(file) + ".jpg");
        if (contender is Thumbnail or ThumbnailToSrgb)
        {
            using var image = Image.Thumbnail(file, 864, height: 640, size: Enums.Size.Force, outputProfile: contender is ThumbnailToSrgb ? "srgb" : null);
            image.Jpegsave(target, q: 92, subsampleMode: Enums.ForeignSubsample.Off, keep: Enums.ForeignKeep.None);
            return;
        }

        await using var stream = File.OpenRead(file);
        var outcome = await preparer.PrepareAsync(stream, file, stream.Length, 576, CancellationToken.None);
        var prepared = outcome as PreparationOutcome.Prepared ?? throw new InvalidOperationException($"'{file}' was not prepared: {outcome}");
        await File.WriteAllBytesAsync(target, prepared.Jpeg.ToArray());
    }
}
