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
        command.AddAll(once, profile, engine, store, images, loop, reports);
        command.SetAction(async (parse, _) =>
        {
            var json = reports.Json(parse);
            var choice = new PipelineChoice
            {
                Run = new() { Profile = profile.Read(parse), Loop = loop.Read(parse), Sweeps = false, Once = parse.GetValue(once) },
                Engine = engine.Read(parse),
                Images = images.Read(parse),
                Store = store.Read(parse),
                Json = json,
            };
            using var logging = reports.CreateLogging(parse, RunReports.IsLive(json));
            return await PipelineSession.RunAsync(choice, logging);
        });
        return command;
    }
}
