using System.ComponentModel;
using BlobCaptioner.Cli.Benchmarks;

namespace BlobCaptioner.Benchmarks.Images;

/// <summary>
/// ImagePreparer against the <c>vipsthumbnail</c> program on the same files: same target size, upright, sRGB, same quality, one
/// thread each, one picture after the other, rounds interleaved. Colour is converted where the set has profiles to convert from. Also against the thumbnail operation of our own libvips in process,
/// which shows what our checks and copies cost whatever version the program is built on.
/// </summary>
internal static class ImagesBenchmark
{
    private const double Target = 0.9;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        var program = options.Text("--vipsthumbnail") ?? "vipsthumbnail";
        var rounds = options.Number("--rounds", 7);
        var count = options.Number("--pictures", 16);
        string version;
        try
        {
            version = (await ChildProcess.RunAsync(program, ["--vips-version"])).Output.Trim();
        }
        catch (Win32Exception)
        {
            Console.Error.WriteLine($"'{program}' was not found. Install it with 'apt-get install libvips-tools', or name it with --vipsthumbnail PATH.");
            return 2;
        }

        var folder = Directory.CreateTempSubdirectory("captioner-bench-images-").FullName;
        try
        {
            Console.WriteLine($"{program}: {version}; ours: libvips {NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)}.{NetVips.NetVips.Version(2)}");
            Console.WriteLine($"{rounds} rounds of {count} pictures to 864 x 640 px, quality 92; load {Machine.Load()}");
            var reached = await CompareAsync("12 MP JPEG, no profile", BenchmarkPictures.TwelveMegapixels(folder, count), toSrgb: false, program, rounds, folder);
            reached &= await CompareAsync("mixed, Display P3", BenchmarkPictures.Mixed(folder, count), toSrgb: true, program, rounds, folder);
            Console.WriteLine($"load at the end {Machine.Load()}");
            return reached ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> CompareAsync(
        string name, IReadOnlyList<string> files, bool toSrgb, string program, int rounds, string folder)
    {
        var output = Directory.CreateDirectory(Path.Combine(folder, "out")).FullName;
        List<Measurement> ours = [], operation = [], theirs = [];
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(await ChildProcess.RunSelfAsync(PreparationRun.Preparer, output, files));
            theirs.Add(await ThumbnailProgramAsync(program, files, toSrgb, output));
            operation.Add(await ChildProcess.RunSelfAsync(toSrgb ? PreparationRun.ThumbnailToSrgb : PreparationRun.Thumbnail, output, files));
        }

        Console.WriteLine($"{name}, {files.Sum(f => new FileInfo(f).Length) / 1e6 / files.Count:F1} MB a picture");
        Print("ImagePreparer", ours, files.Count);
        Print("vipsthumbnail", theirs, files.Count);
        Print("thumbnail operation, our libvips", operation, files.Count);
        var ratio = BareSpeeds.Median(ours.Zip(theirs, (o, t) => o.PerCore(files.Count) / t.PerCore(files.Count)));
        var wallRatio = BareSpeeds.Median(ours.Zip(theirs, (o, t) => o.PerSecond(files.Count) / t.PerSecond(files.Count)));
        var operationRatio = BareSpeeds.Median(ours.Zip(operation, (o, t) => o.PerCore(files.Count) / t.PerCore(files.Count)));
        Console.WriteLine(
            $"  ImagePreparer / vipsthumbnail: {ratio:F2} a core (target {Target}), {wallRatio:F2} by the clock; / thumbnail operation: {operationRatio:F2} a core");
        return ratio >= Target;
    }

    /// <summary>One process for all files, less what it takes to start: only the work on pictures is compared.</summary>
    private static async Task<Measurement> ThumbnailProgramAsync(string program, IReadOnlyList<string> files, bool toSrgb, string output)
    {
        var (startUp, _) = await ChildProcess.RunAsync(program, ["--vips-version"]);
        string[] colour = toSrgb ? ["--eprofile", "srgb"] : [];
        var (whole, _) = await ChildProcess.RunAsync(
            program,
            ["--vips-concurrency=1", "--size", "864x640!", .. colour, "-o", Path.Combine(output, "%s.jpg[Q=92,subsample-mode=off,strip]"), .. files]);
        return new Measurement(whole.Wall - startUp.Wall, whole.Processor - startUp.Processor, whole.PeakBytes);
    }

    private static void Print(string contender, List<Measurement> runs, int pictures) => Console.WriteLine(
        $"  {contender,-34} {BareSpeeds.Median(runs.Select(r => r.PerCore(pictures))),6:F1} pictures/s a core, "
        + $"{BareSpeeds.Median(runs.Select(r => r.PerSecond(pictures))),6:F1} by the clock, peak {runs.Max(r => r.PeakBytes) / 1e6,4:F0} MB");
}
