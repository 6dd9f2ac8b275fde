using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline.Products;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Sweeps;

/// <summary>The story of a picture in each of its states, as a person reads it.</summary>
public sealed class StoryReaderTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> OtherNames => new()
    {
        { "", "is empty" },
        { "shoes/", "name of a folder" },
        { "shoes/_captioner.json", "settings of its folder" },
        { "shoes/_catalog.csv", "catalogue of its folder" },
        { "_profiles/mine.json", "'_profiles'" },
        { ".git/a.jpg", "'.git'" },
        { "A.JSON", "do not end in .json" },
        { "a\u0001.jpg", "U+0001" },
        { new string('x', 1025), "1025 characters" },
    };

    [Theory]
    [MemberData(nameof(OtherNames))]
    public async Task ReadAsync_NoPicturesName_SaysWhyNot(string name, string why)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var story = await ReadAsync(pipeline, name);
        Assert.Equal(StoryState.NotAPicture, story.State);
        Assert.Contains(why, Assert.Single(story.Events).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_NoSuchPicture_IsGoneAndALeftRecordIsNamed()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        Assert.Equal(StoryEventKind.Gone, Assert.Single((await ReadAsync(pipeline, "a.jpg")).Events).Kind);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.DescribeAsync();
        await pipeline.Storage.Images.DeleteBlobAsync("a.jpg", cancellationToken: Cancellation);
        var story = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal((StoryState.Gone, true), (story.State, story.Next.Contains("'a.jpg.json'", StringComparison.Ordinal)));
        Assert.Equal([StoryEventKind.Gone, StoryEventKind.Record], story.Events.Select(e => e.Kind));
    }

    [Fact]
    public async Task ReadAsync_OnItsWay_TellsUploadQueueWorkerAndRecord()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("first.jpg", TestPipeline.Picture(1));
        var waiting = await ReadAsync(pipeline, "first.jpg");
        Assert.Equal((StoryState.Waiting, "The next sweep takes it in."), (waiting.State, waiting.Next));
        Assert.NotNull(Assert.Single(waiting.Events).At);

        await pipeline.SweepAsync();
        await pipeline.UploadAsync("second.jpg", TestPipeline.Picture(2));
        await pipeline.SweepAsync();
        var queued = await ReadAsync(pipeline, "first.jpg");
        Assert.Equal((StoryState.Queued, "Its message is the first in the queue."), (queued.State, queued.Next));
        Assert.Equal([StoryEventKind.Uploaded, StoryEventKind.Prepared, StoryEventKind.Sent], queued.Events.Select(e => e.Kind));
        Assert.All(queued.Events, e => Assert.NotNull(e.At));
        Assert.Equal("It waits in the queue behind about 1 message.", (await ReadAsync(pipeline, "second.jpg")).Next);

        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        pipeline.Model.Script = async (image, cancel) =>
        {
            if (image.Name == "first.jpg")
            {
                entered.TrySetResult();
                await go.Task.WaitAsync(cancel);
            }
        };
        pipeline.StartLoop();
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        var working = await ReadAsync(pipeline, "first.jpg");
        Assert.Equal(StoryState.Working, working.State);
        Assert.InRange(working.NextInSeconds!.Value, 1, 30);
        Assert.Contains(WorkerName.Current, working.Events[^1].Text, StringComparison.Ordinal);
        Assert.Equal(StoryEventKind.Begun, working.Events[^1].Kind);

        go.SetResult();
        await pipeline.RunUntilEmptyAsync();
        var done = await ReadAsync(pipeline, "first.jpg");
        Assert.Equal((StoryState.Described, "Nothing: it is done."), (done.State, done.Next));
        Assert.Equal([StoryEventKind.Uploaded, StoryEventKind.Prepared, StoryEventKind.Record, StoryEventKind.Fresh], done.Events.Select(e => e.Kind));
        Assert.Contains("74 tokens in, 30 out", done.Events[2].Text, StringComparison.Ordinal);
        Assert.Empty(done.Differs);
        var byRecord = await ReadAsync(pipeline, "first.jpg.json");
        Assert.Equal(("first.jpg", StoryEventKind.Name), (byRecord.Name, byRecord.Events[0].Kind));
    }

    [Fact]
    public async Task ReadAsync_DescribedAfterFailedTries_KeepsThemInTheRecord()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.VanishAsync("a.jpg", tries: 1);
        var calls = 0;
        pipeline.Model.Script = (_, _) => ++calls == 1 ? throw new CaptionException("decoder-failed", "It broke.", "Try again.", retry: true) : Task.CompletedTask;
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();

        var record = (await pipeline.RecordAsync("a.jpg"))!;
        Assert.Equal(["gone", WorkerName.Current], record.Generation.Failures!.Select(f => f.Worker));
        Assert.Equal("decoder-failed: It broke.", record.Generation.Failures![1].Error);
        Assert.True(record.Generation.IsOfSameWork((await pipeline.RecordAsync("a.jpg"))!.Generation));
        Assert.False(record.Generation.IsOfSameWork(record.Generation with { Failures = null }));
        var story = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal(
            [StoryEventKind.Uploaded, StoryEventKind.Prepared, StoryEventKind.TryFailed, StoryEventKind.TryFailed, StoryEventKind.Record, StoryEventKind.Fresh],
            story.Events.Select(e => e.Kind));
        Assert.Contains("Try 2", story.Events[3].Text, StringComparison.Ordinal);
        Assert.Contains("in try 3", story.Events[4].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_WaitsForItsNextTry_SaysWhenAndWhy()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.ChangeTicketAsync("a.jpg", t => t with { Tries = [new(DateTimeOffset.UnixEpoch, "gpu-7/1", "decoder-failed: It broke.")], HoldSeconds = 3000 });
        var story = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal(StoryState.Retrying, story.State);
        Assert.InRange(story.NextInSeconds!.Value, 2000, 3000);
        Assert.Equal("Try 1 on gpu-7/1 failed. decoder-failed: It broke.", story.Events[^1].Text);
    }

    [Fact]
    public async Task ReadAsync_MessageLost_SaysSoUntilASweepSendsItAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite, new IntakeOptions { LostAfter = TimeSpan.Zero });
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.Storage.Captions.ClearMessagesAsync(Cancellation);
        Assert.Equal(StoryState.MessageLost, (await ReadAsync(pipeline, "a.jpg")).State);
        Assert.Equal(1, (await pipeline.SweepAsync()).Resent);
        Assert.Equal(StoryState.Queued, (await ReadAsync(pipeline, "a.jpg")).State);
        Assert.Equal(StoryState.Queued, (await new StoryReader(Patient(pipeline)).ReadAsync("a.jpg", pipeline.Basis, Cancellation)).State);

        // A message that a worker has in hand is neither in sight nor lost.
        await pipeline.Storage.Captions.ReceiveMessagesAsync(Cancellation);
        var inHand = await new StoryReader(Patient(pipeline)).ReadAsync("a.jpg", pipeline.Basis, Cancellation);
        Assert.Equal(StoryState.Queued, inHand.State);
        Assert.InRange(inHand.NextInSeconds!.Value, 1, 3600);
    }

    [Fact]
    public async Task ReadAsync_OutOfDate_NamesWhatASweepFinds()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.DescribeAsync();
        using var white = new ImagePreparer(new());
        using var black = new ImagePreparer(new() { Background = "#000000" });
        var german = TestPipeline.Profile with { Languages = [new("de")] };
        (ImageIntake Intake, Profile Profile, string[] Differs)[] cases =
        [
            (new(pipeline.Storage, white, new() { Model = pipeline.Model.Info }), TestPipeline.Profile, []),
            (new(pipeline.Storage, white), TestPipeline.Profile, []),
            (new(pipeline.Storage, white), german, ["profile"]),
            (new(pipeline.Storage, black), TestPipeline.Profile, ["preparation"]),
            (new(pipeline.Storage, white, new() { Model = new("other", "model-hash-2", "x") }), TestPipeline.Profile, ["model"]),
            (new(pipeline.Storage, black, new() { Model = new("other", "model-hash-2", "x") }), german, ["profile", "preparation", "model"]),
        ];
        foreach (var (intake, profile, differs) in cases)
        {
            var story = await new StoryReader(intake).ReadAsync("a.jpg", profile, Cancellation);
            Assert.Equal(differs, story.Differs);
            Assert.Equal(differs.Length == 0 ? StoryState.Described : StoryState.Waiting, story.State);
            Assert.Equal(differs.Length == 0 ? 1 : 0, (await new SweepPreview(intake).RunAsync(new() { Profile = profile }, Cancellation)).UpToDate);
        }

        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(9));
        var replaced = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal(["source"], replaced.Differs);
        Assert.Equal((StoryEventKind.Record, StoryEventKind.Uploaded), (replaced.Events[0].Kind, replaced.Events[1].Kind));
        await pipeline.SweepAsync();
        Assert.Equal(StoryState.Queued, (await ReadAsync(pipeline, "a.jpg")).State);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(10));
        var outrun = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal(StoryState.Waiting, outrun.State);
        Assert.Contains(outrun.Events, e => e.Text.Contains("for another version", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ReadAsync_RejectedOrGivenUp_SaysTheWayOut()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("text.jpg", "no picture"u8.ToArray());
        await pipeline.UploadAsync("my bad.jpg", TestPipeline.Picture());
        pipeline.Model.Script = (_, _) => throw new CaptionException("decoder-failed", "It broke.", "Try again.", retry: true);
        await pipeline.DescribeAsync();
        var rejected = await ReadAsync(pipeline, "text.jpg");
        Assert.Equal(StoryState.Rejected, rejected.State);
        Assert.Contains(rejected.Events, e => e.Text.Contains("not-an-image", StringComparison.Ordinal) || e.Text.Contains("unsupported-format", StringComparison.Ordinal));
        var failed = await ReadAsync(pipeline, "my bad.jpg");
        Assert.Equal(StoryState.Failed, failed.State);
        Assert.Contains("captioner redo 'my bad.jpg'", failed.Next, StringComparison.Ordinal);
        Assert.Equal(4, failed.Events.Count(e => e.Kind == StoryEventKind.TryFailed));
        Assert.Contains(failed.Events, e => e.Text.Contains("given up after 5 tries. decoder-failed: It broke.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ReadAsync_GivenUpForNoFaultOfThePicture_SaysWhenASweepTriesAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.ChangeTicketAsync("a.jpg", t => t with { Waits = 10 });
        pipeline.StartLoop(profiles: name => throw new ArgumentException($"There is no profile '{name}'.", nameof(name)));
        await pipeline.RunUntilEmptyAsync();
        var story = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal(StoryState.Failed, story.State);
        Assert.InRange(story.NextInSeconds!.Value, 1, 3600);
        Assert.Contains("unknown-profile", story.Events[^2].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_BudgetIsReached_SaysThatSendingIsPaused()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(1));
        await pipeline.UploadAsync("b.jpg", TestPipeline.Picture(2));
        await using var cap = new SpendCap(pipeline.Storage, new() { Pictures = 1 }, TimeProvider.System);
        var intake = new ImageIntake(pipeline.Storage, pipeline.Preparer, cap: cap);
        await new Sweep(intake).RunAsync(new() { Profile = pipeline.Basis, Parallelism = 1 }, Cancellation);
        await cap.FlushAsync(Cancellation);
        var stories = new[] { await ReadAsync(pipeline, "a.jpg"), await ReadAsync(pipeline, "b.jpg") };
        Assert.Equal([StoryState.Queued, StoryState.Paused], stories.Select(s => s.State));
        Assert.Contains("Once it goes on: The next sweep takes it in.", stories[1].Next, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my notes", "is not a caption record")]
    [InlineData("{\"schemaVersion\":1,\"flags\":[null]}", "can't be read")]
    public async Task ReadAsync_RecordsNameTakenOrRecordUnreadable_IsBlocked(string content, string why)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.UploadAsync("a.jpg.json", Encoding.UTF8.GetBytes(content));
        var story = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal(StoryState.Blocked, story.State);
        Assert.Contains(why, story.Events[^1].Text, StringComparison.Ordinal);
        Assert.Contains("delete that file", story.Next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_BrokenSettings_SaysWhatTheNextSweepDoes()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        pipeline.FolderFiles = new(pipeline.Storage, maxAge: TimeSpan.Zero);
        await pipeline.UploadAsync("shoes/_captioner.json", "{"u8.ToArray());
        await pipeline.UploadAsync("shoes/a.jpg", TestPipeline.Picture());
        var story = await ReadAsync(pipeline, "shoes/a.jpg");
        Assert.Equal((StoryState.Waiting, StoryEventKind.Settings), (story.State, story.Events[^1].Kind));
        Assert.Contains("rejects it", story.Next, StringComparison.Ordinal);
        await pipeline.SweepAsync();
        Assert.Equal(StoryState.Rejected, (await ReadAsync(pipeline, "shoes/a.jpg")).State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(50 << 20)]
    public async Task ReadAsync_TicketIsCutOrHuge_SaysSoAndASweepReplacesIt(int length)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        var ticket = Tickets.NameOf(pipeline.Storage.Images.Name, "a.jpg");
        var blob = pipeline.Storage.Prepared.GetBlobClient(ticket);
        var whole = (await blob.DownloadContentAsync(Cancellation)).Value.Content.ToString();
        await blob.UploadAsync(new BinaryData(whole.PadRight(length)[..length]), overwrite: true, Cancellation);
        var story = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal((StoryState.Waiting, "The next sweep takes it in. It replaces the ticket."), (story.State, story.Next));
        Assert.Contains(ticket, story.Events[^1].Text, StringComparison.Ordinal);
        await pipeline.SweepAsync();
        Assert.Equal(StoryState.Queued, (await ReadAsync(pipeline, "a.jpg")).State);
    }

    [Fact]
    public async Task ReadAsync_WrittenAnewAndReviewed_TellsBoth()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.DescribeAsync();
        var stored = (await pipeline.Store.ReadAsync("a.jpg", Cancellation))!;
        using var review = System.Text.Json.JsonDocument.Parse("""{"state":"approved","by":"Ana","at":"2026-11-23T09:00:00Z","edits":{"attributes":{"color":"blue"}}}""");
        await pipeline.Store.ReviewAsync(stored, review.RootElement, Cancellation);
        await new Redo(pipeline.Intake).RunAsync(new() { Profiles = _ => pipeline.Basis, Names = ["a.jpg"] }, Cancellation);
        var story = await ReadAsync(pipeline, "a.jpg");
        Assert.Equal(StoryState.Queued, story.State);
        Assert.Contains(story.Events, e => e.Text == "Ana set it to 'approved'.");
        Assert.Contains(story.Events, e => e.Kind == StoryEventKind.Sent && e.Text.Contains("written anew", StringComparison.Ordinal));
        Assert.DoesNotContain("only removes the ticket", story.Next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_Product_TellsItsViewsAndItsOwnRecord()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("shoes/mug.jpg", "shoes/mug-2.jpg");
        var waiting = await ReadAsync(pipeline, "shoes/mug.product.json");
        Assert.Equal((StoryState.WaitsForViews, true), (waiting.State, waiting.IsProduct));
        Assert.Contains("2 views", Assert.Single(waiting.Events).Text, StringComparison.Ordinal);
        await pipeline.DescribeAsync();
        var done = await ReadAsync(pipeline, "shoes/mug.product.json");
        Assert.Equal(StoryState.Described, done.State);
        Assert.Equal([StoryEventKind.Views, StoryEventKind.Record, StoryEventKind.Fresh], done.Events.Select(e => e.Kind));
        Assert.Contains((await ReadAsync(pipeline, "shoes/mug.jpg")).Events, e => e.Kind == StoryEventKind.Views && e.Text.Contains("shoes/mug.product.json", StringComparison.Ordinal));
        Assert.Equal(StoryState.Gone, (await ReadAsync(pipeline, "shoes/cup.product.json")).State);
        await pipeline.UploadAsync("shoes/mug-3.jpg");
        Assert.Equal(StoryState.WaitsForViews, (await ReadAsync(pipeline, "shoes/mug.product.json")).State);
    }

    [Fact]
    public async Task ReadAsync_ProductOfACatalogue_IsFoundBeforeItHasARecord()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("red.jpg", "blue.jpg");
        await pipeline.CatalogAsync("_catalog.csv", "file,sku\nred.jpg,S-1\nblue.jpg,S-1\n");
        var story = await ReadAsync(pipeline, "S-1.product.json");
        Assert.Equal(StoryState.WaitsForViews, story.State);
        Assert.Contains("red.jpg", Assert.Single(story.Events).Text, StringComparison.Ordinal);
    }

    private static Task<PictureStory> ReadAsync(TestPipeline pipeline, string name) => new StoryReader(pipeline.Intake).ReadAsync(name, pipeline.Basis, Cancellation);

    private static ImageIntake Patient(TestPipeline pipeline) => new(pipeline.Storage, pipeline.Preparer, new() { LostAfter = TimeSpan.FromHours(1) });
}
