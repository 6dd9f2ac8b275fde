using System.Globalization;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Sweeps;

public sealed class RetryRoundsTests(AzuriteFixture azurite)
{
    private static readonly RetryRounds AtOnce = new(TimeSpan.Zero, 3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("intake-failed", 0, "00:59:59", false)]
    [InlineData("intake-failed", 0, "01:00:00", true)]
    [InlineData("undeliverable", 1, "01:59:59", false)]
    [InlineData("undeliverable", 1, "02:00:00", true)]
    [InlineData("unknown-profile", 4, "15:59:59", false)]
    [InlineData("unknown-profile", 4, "16:00:00", true)]
    [InlineData("unknown-profile", 7, "23:59:59", false)]
    [InlineData("unknown-profile", 7, "1.00:00:00", true)]
    [InlineData("unknown-profile", 8, "30.00:00:00", false)]
    [InlineData("model-error", 0, "30.00:00:00", false)]
    [InlineData("worker-vanished", 0, "30.00:00:00", false)]
    public void IsDue_CodeRoundAndAge_Decide(string code, int rounds, string age, bool due)
    {
        var receipt = Receipt() with { Error = code, Rounds = rounds, Age = TimeSpan.Parse(age, CultureInfo.InvariantCulture) };
        Assert.Equal(due, RetryRounds.Default.IsDue(receipt));
        Assert.False(RetryRounds.Default.IsDue(receipt with { Age = null }));
        Assert.False(RetryRounds.Default.IsDue(receipt with { Status = RecordStatus.Rejected }));
    }

    [Fact]
    public void IsDue_FirstWaitAboveADay_IsNotShortened() =>
        Assert.False(new RetryRounds(TimeSpan.FromDays(3), 8).IsDue(Receipt() with { Error = "intake-failed", Rounds = 2, Age = TimeSpan.FromDays(2) }));

    [Fact]
    public async Task Sweep_ProfileThatNobodyKnew_IsTakenUpUntilItIsKnown()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await FailAsync(pipeline);
        Assert.Equal(0, (await pipeline.RecordAsync("a.jpg"))!.Generation.Rounds);

        // It is too early by the defaults.
        Assert.Equal(new SweepSummary { Listed = 1, UpToDate = 1 }, await pipeline.SweepAsync());
        for (var round = 1; round <= 2; round++)
        {
            Assert.Equal(1, (await SweepAsync(pipeline)).Enqueued);
            await FailAsync(pipeline);
            Assert.Equal((RecordStatus.Failed, "unknown-profile", round), Short(await pipeline.RecordAsync("a.jpg")));
        }

        Assert.Equal(1, (await SweepAsync(pipeline)).Enqueued);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal((RecordStatus.Described, null, 0), Short(await pipeline.RecordAsync("a.jpg")));
    }

    [Fact]
    public async Task Sweep_AfterTheLastRound_LeavesItToAPerson()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await NoteFailureAsync(pipeline, rounds: 3);
        Assert.Equal(new SweepSummary { Listed = 1, UpToDate = 1 }, await SweepAsync(pipeline));
        Assert.Equal(1, (await pipeline.SweepAsync(retryFailed: true)).Enqueued);
        Assert.Equal(0, (await pipeline.TicketAsync("a.jpg"))!.Rounds);
    }

    [Fact]
    public async Task Sweep_IntakeFailsAgain_CountsTheRoundSoThatTheNextComesLater()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await NoteFailureAsync(pipeline, rounds: 0);
        pipeline.Folders = (_, _) => throw new InvalidOperationException("nobody thought of this");
        Assert.Equal(1, (await SweepAsync(pipeline)).Errors);
        Assert.Equal((RecordStatus.Failed, "intake-failed", 1), Short(await pipeline.RecordAsync("a.jpg")));
    }

    [Fact]
    public async Task Preview_TakenUpByItself_CountsAsRetried()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await NoteFailureAsync(pipeline, rounds: 0);
        var preview = new SweepPreview(pipeline.Intake);
        Assert.Equal((0, 1), Counts(await preview.RunAsync(new() { Profile = pipeline.Basis }, Cancellation)));
        Assert.Equal((1, 0), Counts(await preview.RunAsync(new() { Profile = pipeline.Basis, Rounds = AtOnce }, Cancellation)));

        static (long, long) Counts(SweepForecast found) => (found.Retried, found.KnownFailed);
    }

    private static Task<SweepSummary> SweepAsync(TestPipeline pipeline) =>
        pipeline.Sweep.RunAsync(new() { Profile = pipeline.Basis, Rounds = AtOnce }, Cancellation);

    private static async Task FailAsync(TestPipeline pipeline)
    {
        // Its ten waits are over.
        await pipeline.ChangeTicketAsync("a.jpg", t => t with { Waits = 10 });
        pipeline.StartLoop(profiles: name => throw new ArgumentException($"There is no profile '{name}'.", nameof(name)));
        await pipeline.RunUntilEmptyAsync();
    }

    private static async Task NoteFailureAsync(TestPipeline pipeline, int rounds)
    {
        var etag = (await pipeline.Store.GetImageETagAsync("a.jpg", Cancellation))!;
        var version = ResolvedProfile.Of(pipeline.Basis).Version;
        var preparation = pipeline.Intake.Preparation(pipeline.Basis);
        await pipeline.Store.WriteFirstAsync(
            new()
            {
                Status = RecordStatus.Failed,
                Image = new() { Container = pipeline.Storage.Images.Name, Name = "a.jpg", ETag = etag },
                Profile = new(pipeline.Basis.Name, version),
                Error = new("intake-failed", "It failed.", "Look."),
                Generation = new() { Preparation = preparation, Worker = "test", At = DateTimeOffset.UnixEpoch, Rounds = rounds },
                Fingerprint = Fingerprint.Compute("", preparation, version, modelHash: ""),
            },
            Cancellation);
    }

    private static (RecordStatus, string?, int) Short(CaptionRecord? record) => (record!.Status, record.Error?.Code, record.Generation.Rounds);

    private static RecordReceipt Receipt() =>
        new() { Status = RecordStatus.Failed, SourceETag = "1", Fingerprint = "1", ProfileVersion = "1", ModelHash = "", Preparation = "1" };
}
