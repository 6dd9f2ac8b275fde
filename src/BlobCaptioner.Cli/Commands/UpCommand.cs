using System.CommandLine;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner up</c>: everything at once.</summary>
internal static class UpCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var images = new Option<DirectoryInfo?>("--images", "-i")
        {
            Description = "Folder tree to upload first. Unchanged files are not sent again; dot-files and links are left out. " +
                "Without it, an empty store gets the sample pictures.",
            HelpName = "DIR",
        };
        var output = new Option<DirectoryInfo?>("--out", "-o")
        {
            Description = "Folder for a copy of every record, in the same tree.",
            HelpName = "DIR",
        };
        var once = new Option<bool>("--once") { Description = "Return when every picture has an up-to-date record." };
        var noWeb = new Option<bool>("--no-web") { Description = "Do not serve the page." };
        var (store, engine, profile, limits, loop, reports) =
            (new StoreArguments(), new EngineArguments(), new ProfileArgument(), new ImageArguments(), new LoopArguments(), new OutputArguments());
        var web = new WebArguments();
        var command = new ExampleCommand(
            "up",
            "Runs everything until Ctrl-C: store, model, worker and page. The store is a local Azurite unless --connection names one. " +
            "Each picture in the container gets its JSON beside it. The page (not with --once) is for dropping, watching, checking and editing.")
        {
            Examples =
            [
                ("captioner up", "Local store in ./data, with the sample pictures if it is empty. Then drop pictures onto the page."),
                ("captioner up --images ./photos --out ./records --once", "Describes a folder and returns."),
                ("captioner up --connection https://shop.blob.core.windows.net", "Works on a storage account, signed in as you are."),
            ],
        };
        command.Add(images);
        command.Add(output);
        command.Add(once);
        profile.AddTo(command);
        engine.AddTo(command);
        store.AddTo(command);
        limits.AddTo(command);
        command.Add(noWeb);
        web.AddTo(command);
        loop.AddTo(command);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var time = TimeProvider.System;
            var tally = new RunTally(time);
            var options = new CaptionRunOptions
            {
                Profile = profile.Read(parse),
                Loop = loop.Read(parse),
                Sweeps = true,
                Once = parse.GetValue(once),
            };
            var (engineChoice, imageOptions) = (engine.Read(parse), limits.Read(parse));
            var folder = parse.GetValue(images)?.FullName;
            if (folder is not null)
            {
                ImageFolder.Check(folder);
            }

            var records = parse.GetValue(output) is { } target ? new RecordFolder(target.FullName) : null;
            using var logging = reports.CreateLogging(parse, RunReports.IsLive(reports.Json(parse)));
            await using var report = RunReports.Create(reports.Json(parse), tally, time);
            using var signals = new StopSignals(() => report.Report("Stopping after the pictures in work. Press Ctrl-C again to abort them."));

            await using var model = await EngineSession.LoadAsync(engineChoice, options.Profile, imageOptions, report, logging, signals.Stop);
            await using var opened = await StoreSession.OpenAsync(store.Read(parse), report, create: true, time, signals.Stop);
            var failedUploads = await FillAsync(folder, opened, report, signals.Stop);

            report.Report($"Working with {model.Model.Info.Name} ({model.Model.Info.Engine}), {model.Model.Concurrency} pictures at once. Ctrl-C stops.");
            var webOptions = web.Read(parse, opened);
            var run = new CaptionRun(opened, model, options, report, tally, records, logging, time);
            await using var page = options.Once || parse.GetValue(noWeb)
                ? null
                : await WebSession.StartAsync(
                    webOptions,
                    new(opened.Storage, model.Preparer, imageOptions, model.Model, options.Profile, time) { OnUpload = run.TakeIn },
                    logging,
                    signals.Stop);
            if (page is not null)
            {
                run.Watch = page.Take;
                report.Report(WebSession.AddressLine(page, webOptions));
            }

            var finished = await run.RunAsync(signals.Stop, signals.Abort);
            if (records is not null && !signals.Abort.IsCancellationRequested)
            {
                await records.SyncAsync(opened.Storage.Images, signals.Abort);
            }

            var status = signals.Abort.IsCancellationRequested
                ? null
                : await StoreStatus.ReadAsync(opened.Storage, prefix: null, time, signals.Abort);
            var now = tally.Read();
            report.End(RunSummary.Of(now, status));
            var bad = status is null ? now.Rejected + now.Failed : status.Rejected + status.Failed + status.Blocked + status.ProductsFailed;
            return bad + failedUploads > 0 || (options.Once && !finished) || signals.Abort.IsCancellationRequested ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static async Task<int> FillAsync(string? folder, StoreSession store, IRunReport report, CancellationToken cancellationToken)
    {
        var images = store.Storage.Images;
        report.Report($"The store is {images.Uri}");
        if (folder is null)
        {
            await foreach (var _ in images.GetBlobsAsync(cancellationToken: cancellationToken))
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
