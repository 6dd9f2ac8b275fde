using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Runs the pipeline of <c>up</c> and <c>work</c>: sweep, intake, queue, caption, record.</summary>
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
        _feed = options.Sweeps ? new(new(new(store.Storage, engine.Preparer, new() { Model = engine.Model.Info }, time, OnEvent, cap: store.Cap)), options, report, tally, time) : null;
    }

    /// <summary>Called for each event; must be thread-safe. Null for none.</summary>
    public Action<PipelineEvent>? Watch { get; set; }

    /// <summary>Takes in a picture that was just uploaded, if this run sweeps. Thread-safe.</summary>
    public void TakeIn(string name) => _feed?.TakeIn(name);

    /// <summary>Runs until stopped, or with <see cref="CaptionRunOptions.Once"/> until nothing is left to do.</summary>
    /// <param name="stop">Stops taking jobs; running jobs are finished.</param>
    /// <param name="abort">Aborts running jobs.</param>
    /// <returns>True if everything was done; false if it was stopped before, or some pictures could not be taken in.</returns>
    /// <exception cref="LocalStackException">Azurite ended unexpectedly.</exception>
    public async Task<bool> RunAsync(CancellationToken stop, CancellationToken abort)
    {
        await using var telemetry = RunTelemetry.Start(_store.Storage, _logging);
        using var stopReceiving = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var loop = new CaptionQueueLoop(
            _store.Storage, _engine.Preparer, _engine.Model, BuiltInProfiles.Lookup(_options.Profile), _options.Loop, _time, OnEvent, _logging.CreateLogger<CaptionQueueLoop>(),
            cap: _store.Cap);
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
                throw new LocalStackException($"Azurite ended unexpectedly. The store's data is kept; start again. Azurite wrote:\n{azurite.LogTail}");
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
            // for the page only; a log would have twice as many lines
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

/// <summary>Settings of a run.</summary>
internal sealed record CaptionRunOptions
{
    /// <summary>The profile of folders without settings.</summary>
    /// <value>Required.</value>
    [Required]
    public required Profile Profile { get; init; }

    /// <summary>Settings of the queue loop.</summary>
    /// <value>Required.</value>
    [Required]
    [ValidateObjectMembers(typeof(QueueLoopOptionsValidator))]
    public required QueueLoopOptions Loop { get; init; }

    /// <summary>True also looks for new images; false works on the queue only.</summary>
    /// <value>Required.</value>
    public required bool Sweeps { get; init; }

    /// <summary>True ends the run when nothing is left to do.</summary>
    /// <value>Required.</value>
    public required bool Once { get; init; }

    /// <summary>Shortest time between two sweeps (<see cref="ListingPace"/>).</summary>
    /// <value>10 ms to 1 day, default 2 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>Checks <see cref="CaptionRunOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
internal sealed partial class CaptionRunOptionsValidator : IValidateOptions<CaptionRunOptions>;
