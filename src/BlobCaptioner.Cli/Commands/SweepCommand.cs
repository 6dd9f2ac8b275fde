using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner sweep</c>: finds what is not described yet.</summary>
internal static class SweepCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var prefix = PrefixOption.Create();
        var force = new Option<bool>("--force") { Description = "Describe every picture anew." };
        var retry = new Option<bool>("--retry-failed") { Description = "Retry pictures that failed." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only count what would be done, and why. Changes nothing." };
        var (store, profile, images, reports) = (new StoreArguments(), new ProfileArgument(), new ImageArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "sweep",
            "Enqueues every picture whose record is missing or out of date, and every product whose views are done. " +
            "Reads the container's listing once. Workers ('up', 'work') describe the pictures.")
        {
            Examples =
            [
                ("captioner sweep", "Sweeps the store in ./data."),
                ("captioner sweep --dry-run", "Counts what a sweep would do."),
                ("captioner sweep --prefix shoes/ --retry-failed", "Retries the failed pictures of one folder."),
            ],
        };
        command.AddAll(prefix, force, retry, dryRun, profile, store, images, reports);
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
            await using var opened = await StoreSession.OpenAsync(store.Read(parse), ErrorProgress.Instance, create: !parse.GetValue(dryRun), TimeProvider.System, signals.Stop);
            if (parse.GetValue(dryRun))
            {
                await WriteAsync(await new SweepPreview(new(opened.Storage, preparer)).RunAsync(request, signals.Stop), reports.Json(parse));
                return ExitCode.Done;
            }

            var found = await new Sweep(new(opened.Storage, preparer, cap: opened.Cap)).RunAsync(request, signals.Stop);
            await Console.Out.WriteLineAsync(reports.Json(parse)
                ? JsonSerializer.Serialize(found, CliJson.Lines.SweepSummary)
                : $"{found.Listed} pictures: {found.Enqueued} enqueued, {found.UpToDate + found.Refreshed} up to date, {found.InFlight} on their way already{(found.Resent > 0 ? $" ({found.Resent} of them sent again, since their message was lost)" : "")}, " +
                  $"{found.Rejected} rejected, {found.Blocked} blocked, {found.Errors} errors; " +
                  $"{found.Products} products enqueued, {found.ProductsInFlight} in the queue already" +
                  ReportText.HeldBack(found.Paused, "; "));
            return found.Rejected + found.Blocked + found.Errors > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static Task WriteAsync(SweepForecast found, bool json) => Console.Out.WriteLineAsync(json
        ? JsonSerializer.Serialize(found, CliJson.Lines.SweepForecast)
        : $"{found.Listed} pictures; nothing was changed.\n" +
          $"would be described: {found.New} new, {found.ImageChanged} with a changed image, {found.SettingsChanged} with changed settings, " +
          $"{found.PreparationChanged} with changed preparation, {found.ModelChanged} with another model, {found.Forced} forced, {found.Retried} failed before\n" +
          $"products: {found.Products} would be described, {found.ProductsWaiting} wait for their views\n" +
          $"would be rejected: {found.BrokenSettings} with broken folder settings\n" +
          $"unchanged: {found.UpToDate} up to date, {found.KnownRejected} rejected, {found.KnownFailed} failed, {found.Unclear} with another file in place of the record, {found.Blocked} with a name that can't be used");
}
