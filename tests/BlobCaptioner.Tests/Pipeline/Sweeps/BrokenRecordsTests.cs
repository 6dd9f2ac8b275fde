using BlobCaptioner.Exports;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Sweeps;

/// <summary>Records that somebody broke, among good ones, on a real Azurite.</summary>
public sealed class BrokenRecordsTests(AzuriteFixture azurite)
{
    private static readonly IReadOnlyDictionary<string, (string Was, string Now)> s_broken = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["null-flag.jpg"] = ("\"flags\": []", "\"flags\": [null]"),
        ["null-text.jpg"] = ("\"copy\": {", "\"copy\": { \"de\": null,"),
        ["twice.jpg"] = ("\"review\": null", "\"review\": {\"edits\": {\"copy\": {\"en\": {\"title\": \"1\"}, \"en\": {\"title\": \"2\"}}}}"),
        ["number.jpg"] = ("\"fingerprint\": \"", "\"fingerprint\": 7, \"rest\": \""),
        ["cut.jpg"] = ("\"generation\": {", "\"generation\": \""),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sweep_RecordsCopiedHereBroken_TellsOfEachAndTakesTheRestIn()
    {
        await using var pipeline = await BrokenAsync(withMetadata: false);
        await pipeline.UploadAsync("large.jpg", TestPipeline.Picture(50));
        await pipeline.UploadAsync("large.jpg.json", new byte[RecordFile.MaxBytes + 1]);
        await pipeline.UploadAsync("new.jpg", TestPipeline.Picture(51));
        var before = pipeline.Events.Count(PipelineEventKind.Enqueued);
        Assert.Equal(new SweepSummary { Listed = 8, UpToDate = 1, Enqueued = 1, Blocked = 6 }, await pipeline.SweepAsync());
        Assert.Equal(before + 1, pipeline.Events.Count(PipelineEventKind.Enqueued));
        var told = pipeline.Events.All.Where(e => e.Kind == PipelineEventKind.Blocked).ToDictionary(e => e.Name, e => e.Error!, StringComparer.Ordinal);
        Assert.All(s_broken.Keys, name => Assert.Equal("record-broken", told[name].Code));
        Assert.Contains("flags", told["null-flag.jpg"].Message, StringComparison.Ordinal);
        Assert.Equal("record-name-taken", told["large.jpg"].Code);

        // A mended one is a record again.
        await pipeline.Storage.Images.DeleteBlobAsync("null-flag.jpg.json", cancellationToken: Cancellation);
        Assert.Equal(1, (await pipeline.SweepAsync()).Enqueued);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RedoStatusAndExport_BrokenRecords_CountThemAndGoOn(bool withMetadata)
    {
        await using var pipeline = await BrokenAsync(withMetadata);
        var redone = await new Redo(pipeline.Intake).RunAsync(new() { Profiles = _ => pipeline.Basis, Names = [.. s_broken.Keys, "good.jpg"] }, Cancellation);
        Assert.Equal((6, 5, 1, 0), (redone.Selected, redone.Blocked, redone.Enqueued, redone.Errors));
        var status = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation);
        Assert.Equal(withMetadata ? (6, 6, 0) : (6, 1, 5), (status.Images, status.Described, status.Blocked));

        using var output = new MemoryStream();
        var options = new ExportOptions { Format = ExportFormat.Jsonl, BaseUrl = new("https://shop.example") };
        var exported = await RecordExport.RunAsync(pipeline.Storage, options, output, progress: null, Cancellation);
        Assert.Equal((1, 5), (exported.Items, exported.Skipped["record-broken"]));
    }

    [Fact]
    public async Task Sweep_OnePictureFailsUnexpectedly_CountsAnErrorAndGoesOn()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        foreach (var (i, name) in ((string[])["a.jpg", "b.jpg", "c.jpg"]).Index())
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(i));
        }

        pipeline.Folders = (name, basis) => name == "b.jpg"
            ? throw new InvalidOperationException("nobody thought of this")
            : ResolvedProfile.Of(basis);
        Assert.Equal(new SweepSummary { Listed = 3, Enqueued = 2, Errors = 1 }, await pipeline.SweepAsync());
        var told = Assert.Single(pipeline.Events.All, e => e.Error is not null);
        Assert.Equal(("b.jpg", "intake-failed"), (told.Name, told.Error!.Code));
        Assert.Contains("nobody thought of this", told.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sweep_ProductWithABrokenView_TellsWhichAndIsNotInFlightForEver()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        pipeline.Folders = (_, basis) => ResolvedProfile.Of(basis with { Grouping = ProfileGrouping.Sku }, sku: "S");
        await pipeline.UploadAsync("S-1.jpg", TestPipeline.Picture(1));
        await pipeline.UploadAsync("S-2.jpg", TestPipeline.Picture(2));
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        await pipeline.Storage.Images.DeleteBlobAsync("S.product.json", cancellationToken: Cancellation);
        await BreakAsync(pipeline, "S-2.jpg", "\"flags\": []", "\"flags\": [null]", withMetadata: true);
        Assert.Equal(new SweepSummary { Listed = 2, UpToDate = 2, Blocked = 1 }, await pipeline.SweepAsync());
        Assert.Contains("'S-2.jpg.json'", pipeline.Events.All.Last(e => e.Kind == PipelineEventKind.Blocked).Error!.Message, StringComparison.Ordinal);
    }

    private async Task<TestPipeline> BrokenAsync(bool withMetadata)
    {
        var pipeline = await TestPipeline.CreateAsync(azurite);
        foreach (var (i, name) in s_broken.Keys.Append("good.jpg").Index())
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(i));
        }

        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        foreach (var (name, (was, now)) in s_broken)
        {
            await BreakAsync(pipeline, name, was, now, withMetadata);
        }

        return pipeline;
    }

    private static async Task BreakAsync(TestPipeline pipeline, string name, string was, string now, bool withMetadata)
    {
        var blob = pipeline.Storage.Images.GetBlobClient(ImageNames.RecordFor(name));
        var whole = (await blob.DownloadContentAsync(Cancellation)).Value;
        var text = whole.Content.ToString();
        Assert.Contains(was, text, StringComparison.Ordinal);
        await blob.UploadAsync(
            new BinaryData(text.Replace(was, now, StringComparison.Ordinal)),
            new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = withMetadata ? whole.Details.Metadata : null },
            Cancellation);
    }
}
