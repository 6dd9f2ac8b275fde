using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner work</c>: the queue worker alone.</summary>
internal static class WorkCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var once = new Option<bool>("--once") { Description = "Return when the queue is empty." };
        var (store, engine, profile, images, loop, reports) =
            (new StoreArguments(), new EngineArguments(), new ProfileArgument(), new ImageArguments(), new LoopArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "work",
            "Describes the pictures of the jobs in the queue, until Ctrl-C. Several workers may run at once, on several machines. " +
            "'up', 'sweep' or the blob trigger fills the queue.")
        {
            Examples =
            [
                ("captioner work", "A worker beside a running 'captioner up', on the same ./data."),
                ("captioner work --connection \"$STORE\" --once", "Empties the queue of a store and returns."),
            ],
        };
        command.Add(once);
        profile.AddTo(command);
        engine.AddTo(command);
        store.AddTo(command);
        images.AddTo(command);
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
                Sweeps = false,
                Once = parse.GetValue(once),
            };
            var (engineChoice, imageOptions) = (engine.Read(parse), images.Read(parse));
            using var logging = reports.CreateLogging(parse, RunReports.IsLive(reports.Json(parse)));
            await using var report = RunReports.Create(reports.Json(parse), tally, time);
            using var signals = new StopSignals(() => report.Report("Stopping after the pictures in work. Press Ctrl-C again to abort them."));

            await using var model = await EngineSession.LoadAsync(engineChoice, options.Profile, imageOptions, report, logging, signals.Stop);
            await using var opened = await StoreSession.OpenAsync(store.Read(parse), report, create: true, time, signals.Stop);
            report.Report(
                $"Working on {opened.Storage.Captions.Uri} with {model.Model.Info.Name} ({model.Model.Info.Engine}), " +
                $"{model.Model.Concurrency} pictures at once. Ctrl-C stops.");
            var run = new CaptionRun(opened, model, options, report, tally, records: null, logging, time);
            var finished = await run.RunAsync(signals.Stop, signals.Abort);
            var now = tally.Read();
            report.End(RunSummary.Of(now, store: null));
            return now.Rejected + now.Failed > 0 || (options.Once && !finished) ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }
}
