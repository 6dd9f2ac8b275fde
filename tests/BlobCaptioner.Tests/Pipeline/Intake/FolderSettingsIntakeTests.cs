using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Intake;

public sealed class FolderSettingsIntakeTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task RunAsync_OneFoldersSettingsChange_OnlyItsRecordsAreMadeAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, "shoes/a.jpg", "shoes/b.jpg", "hats/c.jpg");
        pipeline.StartLoop();
        await pipeline.SweepAsync();
        await pipeline.Events.WaitAsync(PipelineEventKind.Described, 3);
        pipeline.Folders = (name, basis) => name.StartsWith("shoes/", StringComparison.Ordinal)
            ? ResolvedProfile.Of(basis with { Name = "shoes", ImageTokenBudget = 48 })
            : ResolvedProfile.Of(basis);
        var again = await pipeline.SweepAsync();
        Assert.Equal((2, 1), (again.Enqueued, again.UpToDate));
        await pipeline.RunUntilEmptyAsync();
        var shoe = await pipeline.RecordAsync("shoes/a.jpg");
        Assert.Equal("shoes", shoe!.Profile.Name);
        Assert.Contains("t=48", shoe.Generation.Preparation, StringComparison.Ordinal);
        Assert.Equal("sample", (await pipeline.RecordAsync("hats/c.jpg"))!.Profile.Name);
        Assert.Equal(new SweepSummary { Listed = 3, UpToDate = 3 }, await pipeline.SweepAsync());
    }

    [Fact]
    public async Task RunAsync_OneRowOfTheCatalogueChanges_OnlyItsRecordIsMadeAgainAndTellsTheFacts()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, "a.jpg", "b.jpg");
        pipeline.StartLoop();
        await pipeline.SweepAsync();
        await pipeline.Events.WaitAsync(PipelineEventKind.Described, 2);
        var facts = new ProductFacts { Sku = "A-1", Values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["brand"] = "Acme" } };
        pipeline.Folders = (name, basis) => name == "a.jpg" ? ResolvedProfile.Of(basis, facts, "A-1") : ResolvedProfile.Of(basis);
        Assert.Equal(1, (await pipeline.SweepAsync()).Enqueued);
        await pipeline.RunUntilEmptyAsync();
        var record = (await pipeline.RecordAsync("a.jpg"))!;
        Assert.Equal(("A-1", "Acme"), (record.Facts!["sku"], record.Facts["brand"]));
        Assert.Equal(ResolvedProfile.Of(TestPipeline.Profile, facts).Version, record.Profile.Version);
        Assert.Null((await pipeline.RecordAsync("b.jpg"))!.Facts);
        Assert.Equal(2, (await pipeline.SweepAsync()).UpToDate);
    }

    [Fact]
    public async Task RunAsync_BrokenSettings_RejectTheirFolderUntilTheFileChanges()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, "shoes/a.jpg", "hats/c.jpg");
        var broken = new SettingsError("bad-folder-settings", "'shoes/_captioner.json': no profile 'x'.", "Correct it.");
        pipeline.Folders = (name, basis) => name.StartsWith("shoes/", StringComparison.Ordinal) ? ResolvedProfile.Broken(basis, broken, "00000000000000b1") : ResolvedProfile.Of(basis);
        pipeline.StartLoop();
        var first = await pipeline.SweepAsync();
        Assert.Equal((1, 1), (first.Rejected, first.Enqueued));
        await pipeline.Events.WaitAsync(PipelineEventKind.Described);
        Assert.Equal((RecordStatus.Rejected, "bad-folder-settings"), await EndOfAsync(pipeline, "shoes/a.jpg"));
        Assert.Equal(2, (await pipeline.SweepAsync()).UpToDate);
        pipeline.Folders = null;
        var mended = await pipeline.SweepAsync();
        Assert.Equal((1, 1), (mended.Enqueued, mended.UpToDate));
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal((RecordStatus.Described, null), await EndOfAsync(pipeline, "shoes/a.jpg"));
    }

    [Fact]
    public async Task RunAsync_SettingsChangeWhileTheJobWaits_TheWorkerTakesTheCurrentOnes()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, "a.jpg", "b.jpg");
        await pipeline.SweepAsync();
        pipeline.Folders = (name, basis) => name == "a.jpg"
            ? ResolvedProfile.Of(basis with { Languages = [new("de")], ImageTokenBudget = 32 })
            : ResolvedProfile.Broken(basis, new("bad-folder-settings", "Broken.", "Mend it."), "00000000000000b2");
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var record = (await pipeline.RecordAsync("a.jpg"))!;
        Assert.Equal(["de"], record.Profile.Languages);
        Assert.Contains("t=32", record.Generation.Preparation, StringComparison.Ordinal);
        Assert.Equal((RecordStatus.Rejected, "bad-folder-settings"), await EndOfAsync(pipeline, "b.jpg"));
        Assert.Equal(new SweepSummary { Listed = 2, UpToDate = 2 }, await pipeline.SweepAsync());
    }

    [Fact]
    public async Task RunAsync_WorkerDoesNotKnowTheProfile_HandsItBackWithoutATryUntilOneDoes()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, "a.jpg");
        await pipeline.SweepAsync();
        var asked = 0;
        var options = TestPipeline.Fast with { MaxTries = 2 };
        pipeline.StartLoop(options, profiles: name => Interlocked.Increment(ref asked) <= 6 ? throw new ArgumentException($"There is no profile '{name}'.", nameof(name)) : pipeline.Basis);
        await pipeline.RunUntilEmptyAsync();
        var record = (await pipeline.RecordAsync("a.jpg"))!;
        Assert.Equal((RecordStatus.Described, 1), (record.Status, record.Generation.Tries));
        Assert.Single(pipeline.Events.All, e => e.Error?.Code == "unknown-profile");
        Assert.Empty(await pipeline.PoisonAsync());
    }

    [Fact]
    public async Task RunAsync_Described_TheReceiptTellsSamplerLanguagesAndSource()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, "a.jpg");
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var record = (await pipeline.RecordAsync("a.jpg"))!;
        var sampling = TestPipeline.Profile.Sampling;
        Assert.Equal(new(sampling.Temperature, sampling.TopP, sampling.TopK, sampling.PresencePenalty, sampling.Seed), record.Generation.Sampler);
        Assert.Equal("trainedAlgorithmicMedia", record.Generation.DigitalSourceType);
        Assert.Equal(["en"], record.Profile.Languages);
        Assert.Null(record.Generation.ReusedFrom);
    }

    private static async Task UploadAsync(TestPipeline pipeline, params string[] names)
    {
        foreach (var (i, name) in names.Index())
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(i));
        }
    }

    private static async Task<(RecordStatus Status, string? Code)> EndOfAsync(TestPipeline pipeline, string name)
    {
        var record = (await pipeline.RecordAsync(name))!;
        return (record.Status, record.Error?.Code);
    }
}
