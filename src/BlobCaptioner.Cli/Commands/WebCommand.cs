using System.CommandLine;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Images;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner web</c>: the page alone.</summary>
internal static class WebCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var noModel = new Option<bool>("--no-model") { Description = "Load no model: the page tries nothing then, and shows, edits and exports what workers elsewhere write." };
        var (store, engine, profile, limits, web, reports) =
            (new StoreArguments(), new EngineArguments(), new ProfileArgument(), new ImageArguments(), new WebArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "web",
            "Serves the page and its API without working on the queue: drop pictures, watch, check, edit, approve, export. 'captioner up' has it too.")
        {
            Examples =
            [
                ("captioner web", "Beside a 'captioner up --no-web', on the same local store."),
                ("captioner web --connection https://shop.blob.core.windows.net --no-model", "A page on a storage account, on this machine only."),
                ("captioner web --connection STORE --no-model --listen 0.0.0.0 --platform-sign-in --host shop.example", "In a container in Azure, behind its sign-in."),
            ],
        };
        web.AddTo(command);
        command.Add(noModel);
        profile.AddTo(command);
        engine.AddTo(command);
        store.AddTo(command);
        limits.AddTo(command);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var choice = web.Read(parse);
            var (engineChoice, imageOptions, wanted) = (engine.Read(parse), limits.Read(parse), profile.Read(parse));
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var model = parse.GetValue(noModel)
                ? null
                : await EngineSession.LoadAsync(engineChoice, wanted, imageOptions, ErrorProgress.Instance, logging, signals.Stop);
            using var preparer = model is null ? new ImagePreparer(imageOptions) : null;

            // By an account's address the page signs in with its identity, which in Azure may use the containers and queues, not make them.
            var place = store.Read(parse);
            var isAddress = place.Connection?.StartsWith("http", StringComparison.OrdinalIgnoreCase) == true;
            await using var opened = await StoreSession.OpenAsync(place, ErrorProgress.Instance, create: !isAddress, TimeProvider.System, signals.Stop);
            await using var page = await WebSession.StartAsync(choice, opened, model?.Model, model?.Preparer ?? preparer!, imageOptions, wanted, onUpload: null, logging, signals.Stop);
            await Console.Out.WriteLineAsync($"{WebSession.Where(page, choice)}. Ctrl-C stops.");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, signals.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Done;
        });
        return command;
    }
}
