using System.CommandLine;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;

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
        command.AddAll(images, output, once, profile, engine, store, limits, noWeb, web, loop, reports);
        command.SetAction(async (parse, _) =>
        {
            var (json, folder) = (reports.Json(parse), parse.GetValue(images)?.FullName);
            if (folder is not null)
            {
                ImageFolder.Check(folder);
            }

            var choice = new PipelineChoice
            {
                Run = new() { Profile = profile.Read(parse), Loop = loop.Read(parse), Sweeps = true, Once = parse.GetValue(once) },
                Engine = engine.Read(parse),
                Images = limits.Read(parse),
                Store = store.Read(parse),
                Upload = folder,
                Records = parse.GetValue(output) is { } target ? new RecordFolder(target.FullName) : null,
                Web = parse.GetValue(once) || parse.GetValue(noWeb) ? null : opened => web.Read(parse, opened),
                Json = json,
            };
            using var logging = reports.CreateLogging(parse, RunReports.IsLive(json));
            return await PipelineSession.RunAsync(choice, logging);
        });
        return command;
    }
}
