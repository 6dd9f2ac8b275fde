using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Sweeps;

public sealed class RedoTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_Names_DescribesJustThoseAnew()
    {
        await using var pipeline = await DescribedAsync("a.jpg", "b.jpg", "c.jpg");
        var found = await RunAsync(pipeline, new() { Profiles = _ => TestPipeline.Profile, Names = ["a.jpg", "c.jpg.json", "missing.jpg"] });
        Assert.Equal(new RedoSummary { Listed = 3, Selected = 3, Enqueued = 2, Gone = 1 }, found);
        Assert.Equal(["a.jpg", "c.jpg"], pipeline.Model.Calls.Skip(3).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RunAsync_Flag_FindsTheFieldsFlagAndNoOther()
    {
        await using var pipeline = await DescribedAsync("a.jpg", "b.jpg", "c.jpg");
        await ChangeAsync(pipeline, "a.jpg", r => r with { Flags = ["color-low-confidence"] }, withMetadata: true);
        await ChangeAsync(pipeline, "b.jpg", r => r with { Flags = ["title-cut"] }, withMetadata: true);
        await ChangeAsync(pipeline, "c.jpg", r => r with { Flags = ["de.title-loop", "low-confidence"] }, withMetadata: false);
        var found = await RunAsync(pipeline, new() { Profiles = _ => TestPipeline.Profile, Flag = "low-confidence" });
        Assert.Equal((3, 2, 2), (found.Listed, found.Selected, found.Enqueued));
        Assert.Equal(["a.jpg", "c.jpg"], pipeline.Model.Calls.Skip(3).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RunAsync_StatusOrProfile_TakesJustThose()
    {
        await using var pipeline = await DescribedAsync("a.jpg", "b.jpg");
        await ChangeAsync(pipeline, "a.jpg", r => r with { Status = RecordStatus.Failed }, withMetadata: true);
        await ChangeAsync(pipeline, "b.jpg", r => r with { Profile = r.Profile with { Name = "shop" } }, withMetadata: true);
        var failed = await RunAsync(pipeline, new() { Profiles = _ => TestPipeline.Profile, Status = RecordStatus.Failed });
        Assert.Equal((2, 1), (failed.Listed, failed.Enqueued));
        string? asked = null;
        var shop = await RunAsync(pipeline, new() { Profiles = name => TestPipeline.Profile with { Name = asked = name }, Profile = "shop" });
        Assert.Equal((1, "shop"), (shop.Enqueued, asked));
        Assert.Equal(["a.jpg", "b.jpg"], pipeline.Model.Calls.Skip(2));
    }

    [Theory]
    [InlineData(false, """{"state":"approved","by":"ana","edits":{"copy":{"en":{"title":"Mine"}}}}""")]
    [InlineData(true, """{"state":"approved","by":"ana"}""")]
    public async Task RunAsync_ReviewedRecord_KeepsTheReviewAndDropsEditsOnlyWhenTold(bool overEdits, string review)
    {
        await using var pipeline = await DescribedAsync("a.jpg");
        var edited = JsonDocument.Parse("""{"state":"approved","by":"ana","edits":{"copy":{"en":{"title":"Mine"}}}}""").RootElement;
        await ChangeAsync(pipeline, "a.jpg", r => r with { Review = edited }, withMetadata: true);
        await RunAsync(pipeline, new() { Profiles = _ => TestPipeline.Profile, Names = ["a.jpg"], OverEdits = overEdits });
        var record = (await pipeline.RecordAsync("a.jpg"))!;
        Assert.Equal(2, pipeline.Model.Calls.Count);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(review).RootElement, record.Review!.Value), record.Review.ToString());
    }

    [Fact]
    public async Task RunAsync_NothingSelected_IsRefused()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await Assert.ThrowsAsync<ValidationException>(() => new Redo(pipeline.Intake).RunAsync(new() { Profiles = _ => TestPipeline.Profile }, Cancellation));
    }

    [Fact]
    public async Task Preview_AnyState_CountsWhatWouldBeDoneAndTouchesNothing()
    {
        await using var pipeline = await DescribedAsync("done.jpg", "settings.jpg", "changed.jpg");
        await pipeline.UploadAsync("text.jpg", "no picture"u8.ToArray());
        await pipeline.SweepAsync();
        await pipeline.UploadAsync("new.jpg", TestPipeline.Picture(7));
        await pipeline.UploadAsync("changed.jpg", TestPipeline.Picture(8));
        await pipeline.UploadAsync("mine.jpg", TestPipeline.Picture(9));
        await pipeline.UploadAsync("mine.jpg.json", "{}"u8.ToArray());
        pipeline.Folders = (name, basis) => BlobCaptioner.Profiles.ResolvedProfile.Of(name == "settings.jpg" ? basis with { Tone = "warm" } : basis);
        var before = await StateAsync(pipeline);
        var found = await new SweepPreview(pipeline.Intake).RunAsync(new() { Profile = pipeline.Basis }, Cancellation);
        Assert.Equal(new SweepForecast { Listed = 6, New = 1, ImageChanged = 1, SettingsChanged = 1, UpToDate = 1, KnownRejected = 1, Unclear = 1 }, found);
        var forced = await new SweepPreview(pipeline.Intake).RunAsync(new() { Profile = pipeline.Basis, Force = true }, Cancellation);
        Assert.Equal(2, forced.Forced);
        Assert.Equal(before, await StateAsync(pipeline));
    }

    private static async Task<IReadOnlyList<string>> StateAsync(TestPipeline pipeline)
    {
        var state = new List<string> { $"{await pipeline.QueueLengthAsync()} messages" };
        foreach (var container in new[] { pipeline.Storage.Images, pipeline.Storage.Prepared })
        {
            await foreach (var blob in container.GetBlobsAsync(cancellationToken: Cancellation))
            {
                state.Add($"{container.Name}/{blob.Name} {blob.Properties.ETag}");
            }
        }

        return state;
    }

    private static async Task<RedoSummary> RunAsync(TestPipeline pipeline, RedoRequest request)
    {
        var found = await new Redo(pipeline.Intake).RunAsync(request, Cancellation);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        return found;
    }

    private static async Task ChangeAsync(TestPipeline pipeline, string name, Func<CaptionRecord, CaptionRecord> change, bool withMetadata)
    {
        var blob = pipeline.Storage.Images.GetBlobClient(ImageNames.RecordFor(name));
        var record = change((await pipeline.RecordAsync(name))!);
        var metadata = RecordReceipt.Of(record).ToMetadata();
        if (!withMetadata)
        {
            // As an earlier version wrote it.
            metadata.Remove("flags");
            metadata.Remove("profile");
        }

        await blob.UploadAsync(CaptionStore.Serialize(record), new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = metadata }, Cancellation);
    }

    private async Task<TestPipeline> DescribedAsync(params string[] names)
    {
        var pipeline = await TestPipeline.CreateAsync(azurite);
        foreach (var (i, name) in names.Index())
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(i));
        }

        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        return pipeline;
    }
}
