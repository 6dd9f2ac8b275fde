using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Web;
using BlobCaptioner.Web.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace BlobCaptioner.Benchmarks.Gallery;

/// <summary>Measures the gallery of a large container: time to build the index, and time of a page of cards for various filters.</summary>
internal static class GalleryBenchmark
{
    private const int Rounds = 9;
    private static readonly string[] s_colors = ["red", "blue", "green", "yellow", "white", "black", "pink", "orange"];
    private static readonly string[] s_things = ["mug", "shirt", "bag", "lamp", "chair", "table", "hat", "ball"];

    /// <summary>Runs it: <c>gallery [--pictures N] [--port P]</c>; with a port it serves the page until Ctrl-C.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        var (count, port) = (options.Number("--pictures", 100_000), options.Number("--port", 0));
        await using var azurite = await AzuriteProcess.StartAsync(new() { Ports = AzuritePorts.AnyFree }, progress: null, TimeProvider.System, CancellationToken.None);
        var storage = CaptionStorage.Connect(azurite.ConnectionString);
        await storage.CreateIfNotExistsAsync(CancellationToken.None);
        var clock = Stopwatch.StartNew();
        await FillAsync(storage, count);
        Console.WriteLine($"{count} pictures with records stored in {clock.Elapsed.TotalSeconds:0} s");

        var folder = Directory.CreateTempSubdirectory("captioner-gallery-");
        try
        {
            using var preparer = new ImagePreparer(new ImageOptions());
            var context = new WebContext(storage, preparer, new(), model: null, BuiltInProfiles.Default, TimeProvider.System);
            var page = new WebOptions { Port = port, IndexPath = Path.Combine(folder.FullName, "index.db") };
            clock.Restart();
            await using (var web = await CaptionerWeb.StartAsync(context, page, NullLoggerFactory.Instance, CancellationToken.None))
            {
                using var client = new HttpClient { BaseAddress = web.Address };
                await IndexedAsync(client);
                Console.WriteLine($"first listing and reading of all records: {clock.Elapsed.TotalSeconds:0} s; index {Megabytes(page.IndexPath)} MB, process {Process.GetCurrentProcess().WorkingSet64 / 1_000_000} MB");
                await MeasureAsync(client, count);
                if (port > 0)
                {
                    Console.WriteLine($"The page is at {web.Address}; Ctrl-C ends it.");
                    await Task.Delay(Timeout.Infinite);
                }
            }

            clock.Restart();
            await using var again = await CaptionerWeb.StartAsync(context, page with { Port = 0 }, NullLoggerFactory.Instance, CancellationToken.None);
            using var second = new HttpClient { BaseAddress = again.Address };
            await second.GetStringAsync("/api/pictures");
            Console.WriteLine($"started again: first page after {clock.ElapsedMilliseconds} ms");
            await IndexedAsync(second);
            Console.WriteLine($"listed again after {clock.Elapsed.TotalSeconds:0.0} s");
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    private static async Task MeasureAsync(HttpClient client, int count)
    {
        foreach (var (what, path) in ((string, string)[])[
            ("first page", "/api/pictures"),
            ("page in the middle", $"/api/pictures?offset={count / 2}"),
            ("last page", $"/api/pictures?offset={count - 60}"),
            ("newest first", "/api/pictures?sort=newest"),
            ("state", "/api/pictures?state=described"),
            ("folder", "/api/pictures?folder=shelf-007"),
            ("flag", "/api/pictures?flag=low-confidence"),
            ("language", "/api/pictures?language=en"),
            ("one word", "/api/pictures?text=yellow"),
            ("two words, one rare", "/api/pictures?text=mug%2000777"),
            ("two characters", "/api/pictures?text=mu"),
            ("filters' counts", "/api/facets"),
            ("one record", "/api/record?name=shelf-000%2F0000000.jpg")])
        {
            var times = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                await client.GetStringAsync(path);
                times.Add(clock.Elapsed.TotalMilliseconds);
            }

            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-22} {times[Rounds / 2],7:0.0} ms (median of {Rounds}; worst {times[^1]:0.0})"));
        }
    }

    private static async Task IndexedAsync(HttpClient client)
    {
        while (!(await client.GetStringAsync("/api/status")).Contains("\"isIndexComplete\":true", StringComparison.Ordinal))
        {
            await Task.Delay(200);
        }
    }

    // The records are like a worker's; the pictures are three bytes that nothing reads.
    private static async Task FillAsync(CaptionStorage storage, int count)
    {
        var picture = new BinaryData(new byte[] { 0xFF, 0xD8, 0xFF });
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancel) =>
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"shelf-{i / 1000:000}/{i:0000000}.jpg");
            var stored = await storage.Images.GetBlobClient(name).UploadAsync(picture, new BlobUploadOptions(), cancel);
            var words = $"{s_colors[i % 8]} {s_things[i / 8 % 8]} {i:0000000}";
            var record = new CaptionRecord
            {
                Status = RecordStatus.Described,
                Image = new() { Container = storage.Images.Name, Name = name, ETag = stored.Value.ETag.Plain(), ContentHash = new string('0', 64), Format = "jpeg", Width = 512, Height = 512 },
                Profile = new("default", "0000000000000000") { Languages = ["en"] },
                Copy = new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(StringComparer.Ordinal)
                {
                    ["en"] = new Dictionary<string, CopyValue>(StringComparer.Ordinal)
                    {
                        ["title"] = words,
                        ["description"] = $"A {words} that is good for many things, made with care, and easy to clean after use in any household.",
                        ["keywords"] = new CopyValue([s_colors[i % 8], s_things[i / 8 % 8]]),
                    },
                },
                Flags = i % 10 == 0 ? ["color-low-confidence"] : [],
                Generation = new() { Model = "none", ModelHash = "0", Preparation = "1", Worker = "benchmark", At = DateTimeOffset.UnixEpoch },
                Fingerprint = new string('0', 64),
            };
            await storage.Images.GetBlobClient(name + ".json").UploadAsync(
                CaptionStore.Serialize(record), new BlobUploadOptions { Metadata = RecordReceipt.Of(record).ToMetadata() }, cancel);
        });
    }

    private static long Megabytes(string index) => (new FileInfo(index).Length + new FileInfo(index + "-wal").Length) / 1_000_000;
}
