using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner upload</c>: a folder into the container.</summary>
internal static class UploadCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "The folder. Paths below it become the blobs' names." };
        var (store, reports) = (new StoreArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "upload",
            "Copies a folder tree into the container. Files with the same content are not sent again. " +
            "Dot-files, links and .json files except _captioner.json are left out.")
        {
            Examples = [("captioner upload ./photos", "Uploads to the store in ./data. A running 'captioner up' describes the pictures.")],
        };
        command.AddAll(folder, store, reports);
        command.SetAction(async (parse, _) =>
        {
            var path = parse.GetRequiredValue(folder).FullName;
            ImageFolder.Check(path);
            var json = reports.Json(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenAsync(store.Read(parse), ErrorProgress.Instance, create: true, TimeProvider.System, signals.Stop);
            var summary = await ImageUploader.UploadAsync(
                path,
                opened.Storage.Images,
                name =>
                {
                    if (!json)
                    {
                        Console.Out.WriteLine(ReportText.Printable($"uploaded {name}"));
                    }
                },
                (file, why) => Console.Error.WriteLine(ReportText.Printable($"{file}: {why}")),
                signals.Stop);
            await Console.Out.WriteLineAsync(json
                ? JsonSerializer.Serialize(summary, CliJson.Lines.UploadSummary)
                : $"{summary.Uploaded} uploaded, {summary.Unchanged} unchanged, {summary.Failed} failed, {summary.Links} links left out");
            return summary.Failed > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }
}
