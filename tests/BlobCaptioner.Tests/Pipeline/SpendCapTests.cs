using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Tests.LocalStack;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline;

public sealed class SpendCapTests(AzuriteFixture azurite) : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new(2026, 3, 1, 23, 0, 0, TimeSpan.Zero));
    private readonly List<SpendCap> _caps = [];
    private TestPipeline _pipeline = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sweep_AtTheCap_HoldsTheRestBackUntilTheNextDay()
    {
        await StartAsync(pictures: 5);
        var intake = Process(new() { Pictures = 3 });
        Assert.Equal((3, 2), await SweepAsync(intake));
        Assert.Equal(3, await _pipeline.QueueLengthAsync());
        Assert.Equal(3, await _pipeline.TicketsAsync());
        var outcome = await TakeAsync(intake, "late.jpg");
        Assert.Equal((IntakeResult.Paused, "budget-reached"), (outcome.Result, outcome.Error!.Code));
        Assert.Contains("3 of 3 pictures were sent", outcome.Error.Message, StringComparison.Ordinal);
        var status = (await StoreStatus.ReadAsync(_pipeline.Storage, prefix: null, _time, Cancellation)).Budget!;
        Assert.Equal((3, 3, false), (status.Pictures, status.Caps.Pictures, status.Resumed));
        Assert.Equal(outcome.Error.Message, status.Paused);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Null(await BudgetStatus.ReadAsync(_pipeline.Storage, _time, Cancellation));
        Assert.Equal(3, (await SweepAsync(intake)).Enqueued);
        Assert.Equal(6, await _pipeline.TicketsAsync());
    }

    [Fact]
    public async Task Resume_ByHand_LiftsTheCapsForTheDayOnly()
    {
        await StartAsync(pictures: 3);
        var intake = Process(new() { Pictures = 1 });
        Assert.False(await BudgetStatus.ResumeAsync(_pipeline.Storage, _time, Cancellation));
        Assert.Equal((1, 2), await SweepAsync(intake));
        Assert.True(await BudgetStatus.ResumeAsync(_pipeline.Storage, _time, Cancellation));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((2, 0), await SweepAsync(intake));
        var status = (await BudgetStatus.ReadAsync(_pipeline.Storage, _time, Cancellation))!;
        Assert.Equal((3, true, null), (status.Pictures, status.Resumed, status.Paused));

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(IntakeResult.Enqueued, (await TakeAsync(intake, "a.jpg")).Result);
        Assert.Equal(IntakeResult.Paused, (await TakeAsync(intake, "b.jpg")).Result);
    }

    [Fact]
    public async Task TwoProcesses_ExchangedCounts_ShareTheCap()
    {
        await StartAsync(pictures: 0);
        var (one, other) = (Process(new() { Pictures = 4 }), Process(new() { Pictures = 4 }));
        await TakeAsync(one, "a.jpg");
        await TakeAsync(other, "b.jpg");
        await TakeAsync(one, "c.jpg");
        _time.Advance(TimeSpan.FromSeconds(5));
        await TakeAsync(other, "d.jpg");
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(IntakeResult.Paused, (await TakeAsync(one, "e.jpg")).Result);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(IntakeResult.Paused, (await TakeAsync(other, "e.jpg")).Result);
        Assert.Equal(4, (await BudgetStatus.ReadAsync(_pipeline.Storage, _time, Cancellation))!.Pictures);
    }

    [Fact]
    public async Task Take_RejectedOrGonePictures_CountNothing()
    {
        await StartAsync(pictures: 0);
        var intake = Process(new() { Pictures = 1 });
        await _pipeline.UploadAsync("broken.jpg", "no picture"u8.ToArray());
        Assert.Equal(IntakeResult.Rejected, (await intake.IngestAsync("broken.jpg", TestPipeline.Profile, Cancellation)).Result);
        Assert.Equal(IntakeResult.Gone, (await intake.IngestAsync("gone.jpg", TestPipeline.Profile, Cancellation)).Result);
        Assert.Equal(IntakeResult.Enqueued, (await TakeAsync(intake, "a.jpg")).Result);
        Assert.Equal(IntakeResult.AlreadyQueued, (await intake.IngestAsync("a.jpg", TestPipeline.Profile, Cancellation)).Result);
    }

    [Fact]
    public async Task Worker_TokensOfAnswers_PauseBeforeTheQueueOvershootsTheCap()
    {
        // An answer takes 104 tokens.
        await StartAsync(pictures: 4);
        var intake = Process(new() { Tokens = 1000 });
        Assert.Equal((4, 0), await SweepAsync(intake));
        var cap = Cap(new() { Tokens = 1000 });
        using var stop = new CancellationTokenSource();
        var loop = new CaptionQueueLoop(
            _pipeline.Storage, _pipeline.Preparer, _pipeline.Model, _ => TestPipeline.Profile, TestPipeline.Fast, time: null, _pipeline.Events.Add, logger: null, settings: null, cap);
        loop.EndWhenEmpty();
        await loop.RunAsync(stop.Token, CancellationToken.None);
        var spent = (await BudgetStatus.ReadAsync(_pipeline.Storage, _time, Cancellation))!;
        Assert.Equal((4, 416), (spent.Pictures, spent.Tokens));

        _time.Advance(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(IntakeResult.Enqueued, (await TakeAsync(intake, $"next{i}.jpg")).Result);
        }

        var held = await TakeAsync(intake, "too-many.jpg");
        Assert.Equal(IntakeResult.Paused, held.Result);
        Assert.Contains("416 were used, and 6 pictures on the way take about 624", held.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redo_AtTheCap_SaysSo()
    {
        await StartAsync(pictures: 2);
        var intake = Process(new() { Pictures = 2 });
        await SweepAsync(intake);
        _pipeline.StartLoop();
        await _pipeline.RunUntilEmptyAsync();
        var found = await new Redo(intake).RunAsync(new() { Profiles = _ => TestPipeline.Profile, Names = ["0.jpg", "1.jpg"] }, Cancellation);
        Assert.Equal(new RedoSummary { Listed = 2, Selected = 2, Paused = 2 }, found);
    }

    [Fact]
    public async Task NoCap_AnyWork_ReadsAndWritesNothing()
    {
        await StartAsync(pictures: 2);
        Assert.Equal((2, 0), await SweepAsync(Process(new())));
        await _caps[0].FlushAsync(Cancellation);
        Assert.Null(await SpendDay.ReadAsync(_pipeline.Storage, new(2026, 3, 1), Cancellation));
    }

    [Fact]
    public async Task Take_CountThatCannotBeReadAsOne_IsCountedAnew()
    {
        await StartAsync(pictures: 2);
        await _pipeline.Storage.Prepared.GetBlobClient("_budget/2026-03-01").UploadAsync(new BinaryData("""{"by":{"x":null}}"""), overwrite: true, Cancellation);
        Assert.Equal((1, 1), await SweepAsync(Process(new() { Pictures = 1 })));
    }

    [Theory]
    [InlineData("""{"by":{"x":{"pictures":-5}}}""")]
    [InlineData("""{"by":{"x":{"money":79228162514264337593543950335},"y":{"money":79228162514264337593543950335}}}""")]
    [InlineData("""{"by":{"x":{"answers":1,"tokens":9223372036854775807},"y":{"tokens":9223372036854775807}}}""")]
    [InlineData("""{"by":{},"caps":{"pictures":-1}}""")]
    public async Task Take_CountThatNoProcessWrote_IsCountedAnew(string rubbish)
    {
        await StartAsync(pictures: 2);
        var day = _pipeline.Storage.Prepared.GetBlobClient("_budget/2026-03-01");
        await day.UploadAsync(new BinaryData(rubbish), overwrite: true, Cancellation);
        Assert.Null(await BudgetStatus.ReadAsync(_pipeline.Storage, _time, Cancellation));
        Assert.False(await BudgetStatus.ResumeAsync(_pipeline.Storage, _time, Cancellation));
        Assert.Equal((1, 1), await SweepAsync(Process(new() { Pictures = 1 })));
        Assert.Equal(1, (await BudgetStatus.ReadAsync(_pipeline.Storage, _time, Cancellation))!.Pictures);
    }

    [Fact]
    public async Task Take_CountOfManyMegabytes_IsCountedAnew()
    {
        await StartAsync(pictures: 2);
        await _pipeline.Storage.Prepared.GetBlobClient("_budget/2026-03-01").UploadAsync(new BinaryData(new byte[20_000_000]), overwrite: true, Cancellation);
        Assert.Equal((1, 1), await SweepAsync(Process(new() { Pictures = 1 })));
    }

    [Fact]
    public async Task GiveBack_AfterMidnight_LeavesTheRestOfYesterday()
    {
        await StartAsync(pictures: 0);
        var cap = Cap(new() { Pictures = 9 });
        (await cap.TakeAsync(Cancellation)).Keep();
        using (await cap.TakeAsync(Cancellation))
        {
            _time.Advance(TimeSpan.FromHours(1));
            (await cap.TakeAsync(Cancellation)).Keep();
        }

        await cap.FlushAsync(Cancellation);
        Assert.Equal(1, (await SpendDay.ReadAsync(_pipeline.Storage, new(2026, 3, 1), Cancellation))!.Value.Day.Total.Pictures);
    }

    [Fact]
    public void Reached_LargestCounts_DoNotOverflow()
    {
        var most = new Spend(0, 1, 1_000_000_000_000, 1_000_000_000_000m, "EUR");
        Assert.Contains("tokens", BudgetStatus.Reached(new() { Tokens = 1_000_000_000_000_000 }, most, int.MaxValue, most), StringComparison.Ordinal);
        Assert.Contains("EUR", BudgetStatus.Reached(new() { Money = 1_000_000_000 }, new(), int.MaxValue, most), StringComparison.Ordinal);
    }

    [Fact]
    public void Reached_WithoutAnAnswer_LetsTheFirstPicturesThrough()
    {
        var (caps, none) = (new BudgetOptions { Money = 5 }, new Spend());
        Assert.Null(BudgetStatus.Reached(caps, none, 31, none));
        Assert.Contains("none is answered yet", BudgetStatus.Reached(caps, none, 32, none), StringComparison.Ordinal);
        var known = new Spend(10, 10, 0, 1m, "EUR");
        Assert.Null(BudgetStatus.Reached(caps, none, 49, known));
        Assert.Equal(
            "The day's budget is 5.00 EUR. 0.00 were spent, and 50 pictures on the way cost about 5.00.", BudgetStatus.Reached(caps, none, 50, known));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cap in _caps)
        {
            await cap.DisposeAsync();
        }

        await (_pipeline?.DisposeAsync() ?? default);
    }

    private async Task StartAsync(int pictures)
    {
        _pipeline = await TestPipeline.CreateAsync(azurite);
        for (var i = 0; i < pictures; i++)
        {
            await _pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }
    }

    private SpendCap Cap(BudgetOptions options)
    {
        _caps.Add(new(_pipeline.Storage, options, _time));
        return _caps[^1];
    }

    /// <summary>Another process that takes images in.</summary>
    private ImageIntake Process(BudgetOptions options) => new(_pipeline.Storage, _pipeline.Preparer, _pipeline.IntakeOptions, _time, _pipeline.Events.Add, settings: null, Cap(options));

    private async Task<IntakeOutcome> TakeAsync(ImageIntake intake, string name)
    {
        await _pipeline.UploadAsync(name, TestPipeline.Picture(name.Sum(c => c)));
        return await intake.IngestAsync(name, TestPipeline.Profile, Cancellation);
    }

    private static async Task<(long Enqueued, long Paused)> SweepAsync(ImageIntake intake)
    {
        var found = await new Sweep(intake).RunAsync(new() { Profile = TestPipeline.Profile, Parallelism = 4 }, Cancellation);
        return (found.Enqueued, found.Paused);
    }
}
