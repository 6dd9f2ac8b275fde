using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Images;
using BlobCaptioner.Web.Setup;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner web</c>: the page alone.</summary>
internal static class WebCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var noModel = new Option<bool>("--no-model") { Description = "Load no model. The page then can't try pictures; it shows, edits and exports what workers write." };
        var (store, engine, profile, limits, web, reports) =
            (new StoreArguments(), new EngineArguments(), new ProfileArgument(), new ImageArguments(), new WebArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "web",
            "Serves the page and its API, to drop, watch, check, edit, approve and export. Does not work on the queue. 'captioner up' serves the page too.")
        {
            Examples =
            [
                ("captioner web", "Beside 'captioner up --no-web', on the same local store."),
                ("captioner web --connection https://shop.blob.core.windows.net --no-model", "A page on a storage account, on this machine only."),
                ("captioner web --connection STORE --no-model --listen 0.0.0.0 --platform-sign-in --host shop.example", "In a container in Azure, behind its sign-in."),
            ],
        };
        command.AddAll(web, noModel, profile, engine, store, limits, reports);
        command.SetAction(async (parse, _) =>
        {
            var (engineChoice, imageOptions, writeUp) = (engine.Read(parse), limits.Read(parse), profile.Read(parse));
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var model = parse.GetValue(noModel)
                ? null
                : await EngineSession.LoadAsync(engineChoice, writeUp, imageOptions, ErrorProgress.Instance, logging, signals.Stop);
            using var preparer = model is null ? new ImagePreparer(imageOptions) : null;

            // At an account's address the page signs in with its identity, which in Azure may use containers and queues but not create them.
            var choice = store.Read(parse);
            var isAddress = choice.Connection?.StartsWith("http", StringComparison.OrdinalIgnoreCase) == true;
            await using var opened = await StoreSession.OpenAsync(choice, ErrorProgress.Instance, create: !isAddress, TimeProvider.System, signals.Stop);
            var options = web.Read(parse, opened);
            var context = new WebContext(opened.Storage, model?.Preparer ?? preparer!, imageOptions, model?.Model, writeUp, TimeProvider.System, opened.Cap);
            await using var page = await WebSession.StartAsync(options, context, logging, signals.Stop);
            await Console.Out.WriteLineAsync($"{WebSession.AddressLine(page, options)}. Ctrl-C stops.");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, signals.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Done;
        });
        return command;
    }
}
