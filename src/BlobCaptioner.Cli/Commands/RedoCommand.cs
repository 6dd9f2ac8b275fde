using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner redo</c>: has chosen records written anew.</summary>
internal static class RedoCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var names = new Argument<string[]>("NAME") { Description = "Names of pictures, of their records, or of product records (SKU.product.json).", Arity = ArgumentArity.ZeroOrMore };
        var status = new Option<RecordStatus?>("--status") { Description = "Only records with this status: described, rejected or failed.", HelpName = "STATUS" };
        var flag = new Option<string?>("--flag") { Description = "Only records with this flag; low-confidence also finds color-low-confidence.", HelpName = "FLAG" };
        var profile = new Option<string?>("--profile", "-p") { Description = "Only records of this profile.", HelpName = "NAME" };
        var prefix = PrefixOption.Create();
        var with = new Option<string?>("--with") { Description = "Use this built-in profile. Default: the profile of each record. Folder settings still apply.", HelpName = "NAME" };
        var overEdits = new Option<bool>("--over-edits") { Description = "Drop the edits of people (review.edits) once the new copy is written. State and signature of the review stay." };
        var (store, images, reports) = (new StoreArguments(), new ImageArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "redo",
            "Enqueues chosen pictures to be described anew, even if their records are up to date. Workers ('up', 'work') describe them. " +
            "Edits of people stay, unless --over-edits is given.")
        {
            Examples =
            [
                ("captioner redo --status failed", "Retries all pictures that failed."),
                ("captioner redo --flag low-confidence --prefix shoes/", "Decides the doubtful attributes of one folder again."),
                ("captioner redo shoes/S-17.product.json", "Writes one product's copy anew."),
                ("captioner redo shoes/red.jpg --over-edits", "Writes one picture's copy anew and drops its edits."),
            ],
        };
        command.AddAll(names, status, flag, profile, prefix, with, overEdits, store, images, reports);
        command.SetAction(async (parse, _) =>
        {
            var basis = parse.GetValue(with) is { } name ? BuiltInProfiles.Find(name) ?? throw new UsageException(
                $"There is no profile '{name}'. Built in: {string.Join(", ", BuiltInProfiles.Names)}.") : null;
            var request = new RedoRequest
            {
                Profiles = written => basis ?? BuiltInProfiles.Find(written) ?? BuiltInProfiles.Default,
                Names = parse.GetValue(names) ?? [],
                Status = parse.GetValue(status),
                Flag = parse.GetValue(flag),
                Profile = parse.GetValue(profile),
                Prefix = parse.GetValue(prefix),
                OverEdits = parse.GetValue(overEdits),
            };
            if (request.Names.Select(n => (Name: n, Why: ImageNames.Problem(n))).FirstOrDefault(n => n.Why is not null) is { Why: { } why } odd)
            {
                throw new UsageException($"'{ImageNames.Printable(odd.Name)}' can't be the name of a picture: it {why}.");
            }

            if (request.Validate(new(request)).FirstOrDefault() is { ErrorMessage: { } advice })
            {
                // before a store is started
                throw new UsageException(advice);
            }

            using var preparer = new ImagePreparer(images.Read(parse));
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenAsync(store.Read(parse), ErrorProgress.Instance, create: true, TimeProvider.System, signals.Stop);
            var found = await new Redo(new(opened.Storage, preparer, cap: opened.Cap)).RunAsync(request, signals.Stop);
            await Console.Out.WriteLineAsync(reports.Json(parse)
                ? JsonSerializer.Serialize(found, CliJson.Lines.RedoSummary)
                : $"{found.Selected} of {found.Listed} pictures and products: {found.Enqueued} enqueued, {found.InFlight} in the queue already, {found.Rejected} rejected, " +
                  $"{found.Gone} not there, {found.Blocked} blocked, {found.Errors} errors" +
                  (found.Paused > 0 ? $"; {found.Paused} not enqueued: the day's budget is reached. See: captioner status. To go on now: captioner budget resume" : ""));
            return found.Rejected + found.Gone + found.Blocked + found.Errors + found.Paused > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }
}
