using System.Threading.Channels;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Remote;
using BlobCaptioner.Web;
using BlobCaptioner.Web.Setup;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

/// <summary>The sweep feed on a real Azurite, with a clock that the test moves.</summary>
public sealed class SweepFeedTests(AzuriteFixture azurite) : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);

    private readonly TimerWatch _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Sweeps _sweeps = new();
    private TestPipeline _pipeline = null!;
    private SweepFeed _feed = null!;
    private Task<bool> _run = Task.FromResult(true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_IntakeIsSlow_NextSweepComesAfterTheShortestPause()
    {
        await StartAsync(["a.jpg", "b.jpg"], step =>
        {
            if (step.Kind == PipelineEventKind.Preparing)
            {
                _time.Advance(TimeSpan.FromMinutes(1));
            }
        });
        Assert.Equal(2, (await _sweeps.NextAsync()).Enqueued);
        await _pipeline.UploadAsync("c.jpg", TestPipeline.Picture(3));
        await _time.WaitAsync(due => due == s_pause, Cancellation);
        _time.Advance(s_pause);
        var next = await _sweeps.NextAsync();
        Assert.Equal((3, 1), (next.Listed, next.Enqueued));
    }

    [Fact]
    public async Task RunAsync_StorageFailsInASweep_TellsAndSweepsAgainAfterTheShortestPause()
    {
        await StartAsync(["a.jpg"], onEvent: null, p => p.Storage.Images.DeleteAsync(cancellationToken: Cancellation));
        await _time.WaitAsync(due => due == s_pause, Cancellation);
        Assert.Equal(1, _pipeline.Events.Count(PipelineEventKind.StorageTrouble));
        await _pipeline.Storage.Images.CreateAsync(cancellationToken: Cancellation);
        await _pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        _time.Advance(s_pause);
        Assert.Equal(1, (await _sweeps.NextAsync()).Enqueued);
    }

    [Fact]
    public async Task RunAsync_OnceAndAPictureFailsInEverySweep_EndsAndSaysSo()
    {
        await StartAsync(
            ["a.jpg"], step => _ = step.Kind == PipelineEventKind.Preparing ? throw new InvalidOperationException("nobody thought of this") : step, once: true);
        Assert.Equal(1, (await _sweeps.NextAsync()).Errors);
        await _time.WaitAsync(due => due < s_pause, Cancellation);
        _time.Advance(s_pause);
        Assert.False(await _run.WaitAsync(Eventually.Deadline, Cancellation));
        Assert.Equal(0, await _pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task Upload_ThroughTheApiBetweenSweeps_IsTakenInAtOnce()
    {
        await StartAsync([]);
        Assert.Equal(0, (await _sweeps.NextAsync()).Listed);
        await _time.WaitAsync(due => due == s_pause, Cancellation);

        // The clock stands still from here on: no other sweep comes.
        var context = new WebContext(_pipeline.Storage, _pipeline.Preparer, new(), model: null, TestPipeline.Profile, TimeProvider.System) { OnUpload = _feed.TakeIn };
        var options = new WebOptions { Port = 0, IndexPath = Path.Combine(azurite.CreateFolder(), "index.db") };
        await using var web = await CaptionerWeb.StartAsync(context, options, NullLoggerFactory.Instance, Cancellation);
        using var client = new HttpClient { BaseAddress = web.Address };
        for (var i = 0; i < 3; i++)
        {
            using var body = new ByteArrayContent(TestPipeline.Picture(i));
            (await client.PutAsync($"/api/image?name=shoes/{i}.jpg", body, Cancellation)).EnsureSuccessStatusCode();
        }

        await _pipeline.Events.WaitAsync(PipelineEventKind.Enqueued, 3);
        Assert.Equal(3, await _pipeline.QueueLengthAsync());
        using var replaced = new ByteArrayContent("no picture"u8.ToArray());
        (await client.PutAsync("/api/image?name=shoes/0.jpg&replace=true", replaced, Cancellation)).EnsureSuccessStatusCode();
        await _pipeline.Events.WaitAsync(PipelineEventKind.Rejected);
        Assert.Equal(0, _sweeps.Waiting);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _pipeline.DisposeAsync();
        _stop.Dispose();
    }

    private async Task StartAsync(IReadOnlyList<string> names, Action<PipelineEvent>? onEvent = null, Func<TestPipeline, Task>? before = null, bool once = false)
    {
        _pipeline = await TestPipeline.CreateAsync(azurite);
        foreach (var (i, name) in names.Index())
        {
            await _pipeline.UploadAsync(name, TestPipeline.Picture(i));
        }

        await (before?.Invoke(_pipeline) ?? Task.CompletedTask);
        var intake = new ImageIntake(_pipeline.Storage, _pipeline.Preparer, new() { Model = _pipeline.Model.Info }, _time, step =>
        {
            onEvent?.Invoke(step);
            _pipeline.Events.Add(step);
        });
        var options = new CaptionRunOptions { Profile = TestPipeline.Profile, Loop = TestPipeline.Fast, Sweeps = true, Once = once, SweepInterval = s_pause };
        _feed = new(new(intake), options, _sweeps, new RunTally(_time), _time);
        _run = Task.Run(() => _feed.RunAsync(_stop.Token), Cancellation);
    }

    /// <summary>Keeps the sweeps that ended.</summary>
    private sealed class Sweeps : IRunReport
    {
        private readonly Channel<SweepSummary> _ended = Channel.CreateBounded<SweepSummary>(new BoundedChannelOptions(100) { FullMode = BoundedChannelFullMode.DropOldest });

        public int Waiting => _ended.Reader.Count;

        public async Task<SweepSummary> NextAsync() => await _ended.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Eventually.Deadline, Cancellation);

        public void Add(SweepSummary sweep) => _ended.Writer.TryWrite(sweep);

        public void Add(PipelineEvent step)
        {
        }

        public void Warn(string message)
        {
        }

        public void Report(string value)
        {
        }

        public void End(RunSummary summary)
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
