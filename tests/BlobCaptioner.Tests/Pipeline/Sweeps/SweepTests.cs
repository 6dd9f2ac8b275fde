using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Sweeps;

public sealed class SweepTests(AzuriteFixture azurite)
{
    private static readonly string TwentyFolders = string.Concat(Enumerable.Range(1, 20).Select(i => $"folder {i}/"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_Twice_TheSecondDoesNothing()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < 10; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        Assert.Equal(new SweepSummary { Listed = 10, Enqueued = 10 }, await pipeline.SweepAsync());
        Assert.Equal(new SweepSummary { Listed = 10, InFlight = 10 }, await pipeline.SweepAsync());
        Assert.Equal(10, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task RunAsync_TwoAtOnce_EnqueueEveryPictureOnce()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < 20; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }

        var both = await Task.WhenAll(pipeline.SweepAsync(), pipeline.SweepAsync());
        Assert.Equal(20, both.Sum(s => s.Enqueued));
        Assert.Equal(20, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task RunAsync_Prefix_TakesOnlyThatFolder()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("shoes/a.jpg", TestPipeline.Picture(1));
        await pipeline.UploadAsync("hats/b.jpg", TestPipeline.Picture(2));
        await pipeline.UploadAsync("shoes/_catalog.csv", "sku"u8.ToArray());
        Assert.Equal(new SweepSummary { Listed = 1, Enqueued = 1 }, await pipeline.SweepAsync(prefix: "shoes/"));
    }

    [Fact]
    public async Task RunAsync_AnotherModelOrProfile_IsOutOfDateButAProcessWithoutAModelDoesNotAsk()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        using var preparer = new ImagePreparer(new());
        var knowsNone = new Sweep(new(pipeline.Storage, preparer));
        var knowsAnother = new Sweep(new(pipeline.Storage, preparer, new() { Model = new("other", "model-hash-2", "x") }));
        Assert.Equal(1, (await knowsNone.RunAsync(new() { Profile = TestPipeline.Profile }, Cancellation)).UpToDate);
        Assert.Equal(1, (await knowsNone.RunAsync(new() { Profile = TestPipeline.Profile with { Languages = [new("de")] } }, Cancellation)).Enqueued);
        await pipeline.Storage.Prepared.DeleteBlobAsync(Tickets.NameOf(pipeline.Storage.Images.Name, "a.jpg"), cancellationToken: Cancellation);
        Assert.Equal(1, (await knowsAnother.RunAsync(new() { Profile = TestPipeline.Profile }, Cancellation)).Enqueued);
    }

    public static TheoryData<string> Names => new(
        "with spaces and (brackets) [1].jpg",
        "hash#percent%25 100%plus+question?mark=1&2.jpg",
        "\u978B\u5B50/\u7EA2\u8272 \u978B.jpg",
        "emoji \U0001F45F/b\u00FCrste.jpg",
        "quote's \"double\" <angle> & semi;colon,comma.jpg",
        "ends in dots..",
        "folder./a.jpg",
        "no-extension",
        "UPPER.JPG.json.JPEG",
        TwentyFolders + "deep.jpg",
        new string('n', 896) + ".jpg",
        TwentyFolders + new string('\u978B', 700) + ".jpg",
        new string('x', 1020) + ".jpg");

    [Theory]
    [MemberData(nameof(Names))]
    public async Task RunAsync_StrangeName_GetsItsRecordBesideIt(string name)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync(name, TestPipeline.Picture());
        Assert.Contains(name, await pipeline.BlobNamesAsync());
        Assert.Equal(1, (await pipeline.SweepAsync()).Enqueued);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var record = await pipeline.RecordAsync(name);
        Assert.Equal((RecordStatus.Described, name), (record!.Status, record.Image.Name));
        Assert.Equal(new[] { name, ImageNames.RecordFor(name) }.Order(StringComparer.Ordinal), (await pipeline.BlobNamesAsync()).Order(StringComparer.Ordinal));
        Assert.Equal(new SweepSummary { Listed = 1, UpToDate = 1 }, await pipeline.SweepAsync());
    }

    [Fact]
    public async Task RunAsync_BackslashInTheName_IsTakenAsStorageLaysItDown()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync(@"shoes\red.jpg", TestPipeline.Picture());
        var stored = Assert.Single(await pipeline.BlobNamesAsync());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync(stored))!.Status);
        Assert.Equal(new SweepSummary { Listed = 1, UpToDate = 1 }, await pipeline.SweepAsync());
    }

    [Fact]
    public async Task RunAsync_NamesBetweenAnImageAndItsRecord_StillPairThem()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        string[] names = ["a.jpg", "a.jpg (1)", "a.jpg-2.jpg", "a.jpg.jpg", "a.jpg/inner.jpg", "a.jpgz", "A.jpg", "b"];
        foreach (var (i, name) in names.Index())
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(i));
        }

        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var paired = new List<ListedImage>();
        await foreach (var image in ImageListing.ReadAsync(pipeline.Storage.Images, prefix: null, onProduct: null, Cancellation))
        {
            paired.Add(image);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), paired.Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.All(paired, p => Assert.Equal(p.ETag, p.Receipt?.SourceETag));
    }
}
