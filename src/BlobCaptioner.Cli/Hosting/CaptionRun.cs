using Azure;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Intake;
using BlobCaptioner.Queueing;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>The way of a picture, kept running: sweep → intake → queue → caption → record. The composition behind <c>up</c> and <c>work</c>.</summary>
internal sealed class CaptionRun
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly StoreSession _store;
    private readonly EngineSession _engine;
    private readonly CaptionRunOptions _options;
    private readonly IRunReport _report;
    private readonly RunTally _tally;
    private readonly RecordFolder? _records;
    private readonly ILoggerFactory _logging;
    private readonly TimeProvider _time;

    public CaptionRun(
        StoreSession store, EngineSession engine, CaptionRunOptions options, IRunReport report, RunTally tally, RecordFolder? records,
        ILoggerFactory logging, TimeProvider time)
    {
        _store = store;
        _engine = engine;
        _options = options;
        _report = report;
        _tally = tally;
        _records = records;
        _logging = logging;
        _time = time;
    }

    /// <summary>Told of every step; null for nobody.</summary>
    public Action<PipelineEvent>? Watch { get; init; }

    /// <summary>Runs until stopped, or with <see cref="CaptionRunOptions.Once"/> until nothing is left to do.</summary>
    /// <param name="stop">Takes no more jobs and finishes those that run.</param>
    /// <param name="abort">Gives up what runs.</param>
    /// <returns>True where everything was done, false where it was stopped before.</returns>
    /// <exception cref="LocalStackException">Azurite ended by itself.</exception>
    public async Task<bool> RunAsync(CancellationToken stop, CancellationToken abort)
    {
        await using var telemetry = RunTelemetry.Start(_store.Storage, _logging);
        using var stopReceiving = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var loop = new CaptionQueueLoop(
            _store.Storage, _engine.Preparer, _engine.Model, BuiltInProfiles.Lookup(_options.Profile), _options.Loop, _time, OnEvent, _logging.CreateLogger<CaptionQueueLoop>());
        var work = loop.RunAsync(stopReceiving.Token, abort);
        var watch = WatchAzuriteAsync(stopReceiving.Token);
        var feed = _options.Sweeps ? SweepAsync(stopReceiving.Token) : Task.CompletedTask;
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

        await feed;
        await watch;
        return !stop.IsCancellationRequested;
    }

    private async Task SweepAsync(CancellationToken stop)
    {
        var intake = new ImageIntake(_store.Storage, _engine.Preparer, new() { Model = _engine.Model.Info }, _time, OnEvent);
        var sweep = new Sweep(intake);
        // the model works on the same cores, and pictures that are prepared far ahead of it help nobody
        var request = new SweepRequest { Profile = _options.Profile, Parallelism = Math.Clamp(Environment.ProcessorCount / 2, 1, 64) };
        try
        {
            while (true)
            {
                var began = _time.GetTimestamp();
                if (await TrySweepAsync(sweep, request, stop) is { } found && _options.Once && found is { Enqueued: 0, InFlight: 0, Products: 0, ProductsInFlight: 0, Errors: 0 })
                {
                    return;
                }

                // a listing costs time and, in Azure, money: ten times as long between two as one takes
                var took = _time.GetElapsedTime(began);
                var pause = TimeSpan.FromSeconds(Math.Max(_options.SweepInterval.TotalSeconds, took.TotalSeconds * 10));
                await (_options.Once ? WaitUntilIdleAsync(pause, stop) : Task.Delay(pause, _time, stop));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task<SweepSummary?> TrySweepAsync(Sweep sweep, SweepRequest request, CancellationToken stop)
    {
        try
        {
            var found = await sweep.RunAsync(request, stop);
            _tally.Add(found);
            _report.Add(found);
            return found;
        }
        catch (Exception ex) when (ex is RequestFailedException or AggregateException)
        {
            OnEvent(new()
            {
                Kind = PipelineEventKind.StorageTrouble,
                Name = _store.Storage.Images.Name,
                At = _time.GetUtcNow(),
                Error = new("storage", ex.Message.Split('\n')[0], "It is tried again."),
            });
            return null;
        }
    }

    private async Task WaitUntilIdleAsync(TimeSpan longest, CancellationToken stop)
    {
        var began = _time.GetTimestamp();
        do
        {
            await Task.Delay(Look, _time, stop);
        }
        while (_time.GetElapsedTime(began) < longest && _tally.Read() is { Waiting: > 0 } or { InWork: > 0 });
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
