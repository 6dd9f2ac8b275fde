using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Web;
using BlobCaptioner.Web.Setup;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>The settings of <c>up</c> and <c>work</c>.</summary>
internal sealed record PipelineChoice
{
    /// <summary>Settings of the run.</summary>
    public required CaptionRunOptions Run { get; init; }

    /// <summary>The model.</summary>
    public required EngineChoice Engine { get; init; }

    /// <summary>Settings of the preparation.</summary>
    public required ImageOptions Images { get; init; }

    /// <summary>The store.</summary>
    public required StoreChoice Store { get; init; }

    /// <summary>Folder to upload first; null for none, or for the samples if the store is empty.</summary>
    public string? Upload { get; init; }

    /// <summary>Folder that gets a copy of every record; null for none.</summary>
    public RecordFolder? Records { get; init; }

    /// <summary>Options of the page of a store; null for no page.</summary>
    public Func<StoreSession, WebOptions>? Web { get; init; }

    /// <summary>True reports JSON lines.</summary>
    public required bool Json { get; init; }
}

/// <summary>Runs <c>up</c> and <c>work</c>: loads the model, opens and fills the store, serves the page, runs the pipeline until it is stopped, and reports.</summary>
internal static class PipelineSession
{
    /// <summary>Runs until stopped, or with <see cref="CaptionRunOptions.Once"/> until nothing is left to do.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(PipelineChoice choice, ILoggerFactory logging)
    {
        var (options, time) = (choice.Run, TimeProvider.System);
        var tally = new RunTally(time);
        await using var report = RunReports.Create(choice.Json, tally, time);
        using var signals = new StopSignals(() => report.Report("Stopping after the pictures in work. Press Ctrl-C again to abort them."));
        await using var engine = await EngineSession.LoadAsync(choice.Engine, options.Profile, choice.Images, report, logging, signals.Stop);
        await using var store = await StoreSession.OpenAsync(choice.Store, report, create: true, time, signals.Stop);
        var failedUploads = options.Sweeps ? await FillAsync(choice.Upload, store, report, signals.Stop) : 0;
        report.Report(
            $"Working on {store.Storage.Captions.Uri} with {engine.Model.Info.Name} ({engine.Model.Info.Engine}), {engine.Model.Concurrency} pictures at once. Ctrl-C stops.");
        var run = new CaptionRun(store, engine, options, report, tally, choice.Records, logging, time);
        await using var page = await StartPageAsync(choice, store, engine, run, report, logging, signals.Stop);
        var isFinished = await run.RunAsync(signals.Stop, signals.Abort);
        var isAborted = signals.Abort.IsCancellationRequested;
        if (choice.Records is { } records && !isAborted)
        {
            await records.SyncAsync(store.Storage.Images, signals.Abort);
        }

        var status = options.Sweeps && !isAborted ? await StoreStatus.ReadAsync(store.Storage, prefix: null, time, signals.Abort) : null;
        var counts = tally.Read();
        report.End(RunSummary.Of(counts, status));
        var failed = status is null ? counts.Rejected + counts.Failed : status.Rejected + status.Failed + status.Blocked + status.ProductsFailed;
        return failed + failedUploads > 0 || (options.Once && !isFinished) || (options.Sweeps && isAborted) ? ExitCode.SomeFailed : ExitCode.Done;
    }

    private static async Task<CaptionerWeb?> StartPageAsync(
        PipelineChoice choice, StoreSession store, EngineSession engine, CaptionRun run, IRunReport report, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        if (choice.Web is null)
        {
            return null;
        }

        var options = choice.Web(store);
        var context = new WebContext(store.Storage, engine.Preparer, choice.Images, engine.Model, choice.Run.Profile, TimeProvider.System, store.Cap) { OnUpload = run.TakeIn };
        var page = await WebSession.StartAsync(options, context, logging, cancellationToken);
        run.Watch = page.OnEvent;
        report.Report(WebSession.AddressLine(page, options));
        return page;
    }

    /// <summary>Uploads a folder, or the samples to an empty store.</summary>
    /// <returns>The number of files that failed.</returns>
    private static async Task<int> FillAsync(string? folder, StoreSession store, IRunReport report, CancellationToken cancellationToken)
    {
        var images = store.Storage.Images;
        report.Report($"The store is {images.Uri}");
        if (folder is null)
        {
            if (await images.GetBlobsAsync(cancellationToken: cancellationToken).AnyAsync(cancellationToken))
            {
                return 0;
            }

            folder = ImageFolder.Samples;
            report.Report("The store is empty: uploading the sample pictures");
        }

        var summary = await ImageUploader.UploadAsync(
            folder,
            images,
            name => report.Add(new PipelineEvent { Kind = PipelineEventKind.Uploaded, Name = name, At = TimeProvider.System.GetUtcNow() }),
            (path, why) => report.Warn($"{path}: {why}"),
            cancellationToken);
        report.Report($"Uploaded {summary.Uploaded} files; {summary.Unchanged} were there already, {summary.Failed} failed.");
        return summary.Failed;
    }
}
