using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Models;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner model verify</c>.</summary>
internal static class ModelVerifyCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "A name from 'captioner model list'. Default: all that lies there.", Arity = ArgumentArity.ZeroOrOne };
        var directory = ModelCommand.CreateDirectoryOption();
        var reports = new OutputArguments();
        var command = new ExampleCommand("verify", "Reads the model files through and compares length and SHA-256. Exit code 1 if one is wrong, or missing of the model that was named.")
        {
            Examples = [("captioner model verify --json", "For machines: an array of file, state (missing, partial, wrong, verified), presentBytes, actualSha256, problem.")],
        };
        command.Add(name);
        command.Add(directory);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var json = reports.Json(parse);
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            var models = new ModelDirectory(parse.GetValue(directory), TimeProvider.System, logging.CreateLogger<ModelDirectory>());
            var named = parse.GetValue(name) is { } wanted ? models.Catalog.Get(wanted) : null;

            // JSON is one array at the end: lines of progress would be in its way
            var report = TransferReport.Create(json, TextWriter.Null);
            var found = await report.RunAsync(() => CheckAsync(models, named, report, signals.Stop));
            if (json)
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(found, CliJson.Lines.IReadOnlyListFileReport));
            }
            else
            {
                Write(models, found);
            }

            return found.All(f => f.State == FileState.Verified) ? ExitCode.Done : ExitCode.SomeFailed;
        });
        return command;
    }

    private static async Task<IReadOnlyList<FileReport>> CheckAsync(
        ModelDirectory models, CatalogModel? named, TransferReport report, CancellationToken cancellationToken)
    {
        List<FileReport> found = [];
        foreach (var file in named is null ? FilesHere(models) : FilesOf(models, named))
        {
            found.Add(await models.VerifyAsync(file, report, cancellationToken));
        }

        return found;
    }

    /// <summary>What has a name of the catalogue; parts of files are no files yet.</summary>
    private static IEnumerable<CatalogFile> FilesHere(ModelDirectory models) => models.Catalog.Models
        .SelectMany(m => (IEnumerable<CatalogFile>)[m.Text, .. m.Vision])
        .DistinctBy(f => f.Name, StringComparer.Ordinal)
        .Where(f => models.Look(f).State is FileState.Present or FileState.Wrong);

    /// <summary>The language model and each vision part that is there; the default one where none is.</summary>
    private static IEnumerable<CatalogFile> FilesOf(ModelDirectory models, CatalogModel model)
    {
        var vision = model.Vision.Where(f => models.Look(f).State is FileState.Present or FileState.Wrong).ToList();
        return [model.Text, .. vision.Count > 0 ? vision : [model.Vision[0]]];
    }

    private static void Write(ModelDirectory models, IReadOnlyList<FileReport> found)
    {
        if (found.Count == 0)
        {
            Console.Out.WriteLine($"No model files in '{models.FullPath}'.");
        }

        foreach (var file in found)
        {
            Console.Out.WriteLine(file.State switch
            {
                FileState.Verified => $"ok       {file.File.Name}",
                FileState.Missing => $"missing  {file.File.Name}: pull it with 'captioner model pull'",
                FileState.Partial => $"partial  {file.File.Name}: {file.PresentBytes:N0} of {file.File.Bytes:N0} bytes; pull again to go on",
                _ => $"wrong    {file.Problem}",
            });
        }
    }
}
