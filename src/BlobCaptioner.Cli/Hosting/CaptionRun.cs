using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>The way of a picture, kept running: sweep → intake → queue → caption → record. The composition behind <c>up</c> and <c>work</c>.</summary>
internal sealed class CaptionRun
{
    private readonly StoreSession _store;
    private readonly EngineSession _engine;
    private readonly CaptionRunOptions _options;
    private readonly IRunReport _report;
    private readonly RunTally _tally;
    private readonly RecordFolder? _records;
    private readonly ILoggerFactory _logging;
    private readonly TimeProvider _time;
    private readonly SweepFeed? _feed;

    public CaptionRun(
        StoreSession store, EngineSession engine, CaptionRunOptions options, IRunReport report, RunTally tally, RecordFolder? records,
        ILoggerFactory logging, TimeProvider time)
    {
        _store = store;
        _engine = engine;
        _options = new CaptionRunOptionsValidator().Require(options);
        _report = report;
        _tally = tally;
        _records = records;
        _logging = logging;
        _time = time;
        _feed = options.Sweeps ? new(new(new(store.Storage, engine.Preparer, new() { Model = engine.Model.Info }, time, OnEvent)), options, report, tally, time) : null;
    }

    /// <summary>Told of every step; null for nobody.</summary>
    public Action<PipelineEvent>? Watch { get; set; }

    /// <summary>Has a picture that was just uploaded taken in at once, where this run sweeps. Any thread.</summary>
    public void TakeIn(string name) => _feed?.TakeIn(name);

    /// <summary>Runs until stopped, or with <see cref="CaptionRunOptions.Once"/> until nothing is left to do.</summary>
    /// <param name="stop">Takes no more jobs and finishes those that run.</param>
    /// <param name="abort">Gives up what runs.</param>
    /// <returns>True where everything was done, false where it was stopped before or some pictures could not be taken in.</returns>
    /// <exception cref="LocalStackException">Azurite ended by itself.</exception>
    public async Task<bool> RunAsync(CancellationToken stop, CancellationToken abort)
    {
        await using var telemetry = RunTelemetry.Start(_store.Storage, _logging);
        using var stopReceiving = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var loop = new CaptionQueueLoop(
            _store.Storage, _engine.Preparer, _engine.Model, BuiltInProfiles.Lookup(_options.Profile), _options.Loop, _time, OnEvent, _logging.CreateLogger<CaptionQueueLoop>());
        var work = loop.RunAsync(stopReceiving.Token, abort);
        var watch = WatchAzuriteAsync(stopReceiving.Token);
        var feed = _feed?.RunAsync(stopReceiving.Token) ?? Task.FromResult(true);
        try
        {
            await Task.WhenAny(feed, watch, work);
            if (feed.IsCompletedSuccessfully && _options.Once)
            {
                loop.EndWhenEmpty();
                await Task.WhenAny(work, watch);
            }
            else if (feed.IsCompletedSuccessfully)
            {
                await Task.WhenAny(work, watch);
            }
        }
        finally
        {
            await stopReceiving.CancelAsync();
            await work;
        }

        var isDone = await feed;
        await watch;
        return isDone && !stop.IsCancellationRequested;
    }

    private async Task WatchAzuriteAsync(CancellationToken stop)
    {
        if (_store.Azurite?.Process is { } azurite)
        {
            await azurite.Exited.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stop.IsCancellationRequested)
            {
                throw new LocalStackException($"Azurite ended by itself; what is in the store is kept, so start again. It wrote:\n{azurite.LogTail}");
            }
        }
        else
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void OnEvent(PipelineEvent step)
    {
        _tally.Add(step);
        Watch?.Invoke(step);
        if (step.Kind is PipelineEventKind.Preparing or PipelineEventKind.Passed)
        {
            // of use to those who watch a page, and half of all lines to those who read a log
            return;
        }

        try
        {
            if (step.Record is { } record)
            {
                _records?.Write(record);
            }
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
        {
            _report.Warn($"--out: the record of '{step.Name}' could not be written: {ex.Message}");
        }

        _report.Add(step);
    }
}
