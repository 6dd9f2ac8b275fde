using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Images;
using BlobCaptioner.Intake;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner sweep</c>: finds what is not described yet.</summary>
internal static class SweepCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var prefix = new Option<string?>("--prefix") { Description = "Only names that start with this: a folder with its slash.", HelpName = "TEXT" };
        var force = new Option<bool>("--force") { Description = "Describe every picture anew." };
        var retry = new Option<bool>("--retry-failed") { Description = "Take up again what was given up." };
        var (store, profile, images, reports) = (new StoreArguments(), new ProfileArgument(), new ImageArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "sweep",
            "Reads the container's listing once and puts every picture into the queue whose record is missing or out of date. " +
            "Workers ('up', 'work') do the rest. A second sweep finds nothing to do.")
        {
            Examples =
            [
                ("captioner sweep", "Looks over the store in ./data."),
                ("captioner sweep --prefix shoes/ --retry-failed", "Gives the pictures of one folder that failed another chance."),
            ],
        };
        command.Add(prefix);
        command.Add(force);
        command.Add(retry);
        profile.AddTo(command);
        store.AddTo(command);
        images.AddTo(command);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var request = new SweepRequest
            {
                Profile = profile.Read(parse),
                Prefix = parse.GetValue(prefix),
                Force = parse.GetValue(force),
                RetryFailed = parse.GetValue(retry),
            };
            using var preparer = new ImagePreparer(images.Read(parse));
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenAsync(store.Read(parse), ErrorProgress.Instance, create: true, TimeProvider.System, signals.Stop);
            var found = await new Sweep(new(opened.Storage, preparer)).RunAsync(request, signals.Stop);
            await Console.Out.WriteLineAsync(reports.Json(parse)
                ? JsonSerializer.Serialize(found, CliJson.Lines.SweepSummary)
                : $"{found.Listed} pictures: {found.Enqueued} enqueued, {found.UpToDate + found.Refreshed} up to date, {found.InFlight} in the queue already, " +
                  $"{found.Rejected} rejected, {found.Blocked} blocked, {found.Errors} errors");
            return found.Rejected + found.Blocked + found.Errors > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }
}
