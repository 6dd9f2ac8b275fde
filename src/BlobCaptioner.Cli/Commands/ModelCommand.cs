using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Models;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner model</c>: real models by name.</summary>
internal static class ModelCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("model", "Lists, pulls and verifies real models, for 'captioner up --model NAME'.")
    {
        CreateList(),
        ModelPullCommand.Create(),
        ModelVerifyCommand.Create(),
    };

    /// <summary>The option for the directory.</summary>
    public static Option<string?> CreateDirectoryOption() => new("--dir")
    {
        Description = $"Directory of the models. Default: {ModelDirectory.Variable}, else {ModelDirectory.DefaultPath}.",
        HelpName = "DIR",
    };

    private static ExampleCommand CreateList()
    {
        var directory = CreateDirectoryOption();
        var reports = new OutputArguments();
        var command = new ExampleCommand("list", "Lists the models that can be pulled, with size and memory, and whether they are here. Checks lengths, not hashes.")
        {
            Examples = [("captioner model list --json", "For machines: an array of name, title, repository, licence, memoryBytes, ready, text and vision (file, state, presentBytes).")],
        };
        command.AddAll(directory, reports);
        command.SetAction(async (parse, _) =>
        {
            using var logging = reports.CreateLogging(parse);
            var models = new ModelDirectory(parse.GetValue(directory), TimeProvider.System, logging.CreateLogger<ModelDirectory>());
            IReadOnlyList<ModelListing> listings = [.. models.Catalog.Models.Select(m => ListingOf(models, m))];
            await reports.WriteAsync(parse, listings, CliJson.Lines.IReadOnlyListModelListing, found => Write(models, listings));
        });
        return command;
    }

    private static ModelListing ListingOf(ModelDirectory models, CatalogModel model) => new(
        model.Name, model.Title, model.Repository, model.Licence, model.MemoryBytes,
        models.Find(model.Name) is not null, models.Look(model.Text), [.. model.Vision.Select(models.Look)]);

    private static void Write(ModelDirectory models, IReadOnlyList<ModelListing> listings)
    {
        var table = new Table().RoundedBorder().AddColumns("name", "model", "size", "memory", "licence", "here");
        foreach (var listing in listings)
        {
            table.AddRow(
                $"[bold]{Markup.Escape(listing.Name)}[/]",
                Markup.Escape(listing.Title),
                Gigabytes(listing.Text.File.Bytes),
                Gigabytes(listing.MemoryBytes),
                Markup.Escape(listing.Licence),
                StateText(listing.Text));
            foreach (var vision in listing.Vision)
            {
                table.AddRow("", $"  mmproj {Markup.Escape(vision.File.Quantisation)}", Gigabytes(vision.File.Bytes), "", "", StateText(vision));
            }
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLineInterpolated($"Directory: {models.FullPath}");
    }

    private static string StateText(FileReport report) => report.State switch
    {
        FileState.Present => "[green]yes[/]",
        FileState.Partial => $"[yellow]{(double)report.PresentBytes / report.File.Bytes:0%} pulled[/]",
        FileState.Wrong => "[red]wrong length[/]",
        _ => "no",
    };

    private static string Gigabytes(long bytes) => $"{bytes / 1e9:0.0} GB";
}

/// <summary><c>captioner model pull</c>.</summary>
internal static class ModelPullCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A name from 'captioner model list'. Each quantisation has its own name." };
        var vision = new Option<string?>("--mmproj") { Description = "Quantisation of the vision part, F16 (default) or Q8_0.", HelpName = "QUANT" };
        var directory = ModelCommand.CreateDirectoryOption();
        var source = new Option<string?>("--source") { Description = "huggingface (default) or modelscope.", HelpName = "NAME" };
        var mirror = new Option<string?>("--mirror")
        {
            Description = "Address of a mirror: a site with Hugging Face's paths, or a URL with {file} and optionally {repository} and {revision}. " +
                "Size and SHA-256 of its files are checked. No token is sent to it.",
            HelpName = "URL",
        };
        var parts = NumberOption.Create("--parts", "No effect: each file comes with one request. Accepted so that older scripts run, 1 to 32.", value: 4, 1, 32);
        var timeout = NumberOption.Create("--timeout", "Longest time for the pull, in minutes, 1 to 43200. What was received by then is kept.", value: 1440, 1, 43_200);
        var reports = new OutputArguments();
        var command = new ExampleCommand(
            "pull",
            "Pulls a model and its vision part. Resumes an earlier pull, even one that was killed. A file gets its name only when its length and " +
            "SHA-256 are right. HF_TOKEN is sent to Hugging Face only. The paths of both files go to stdout.")
        {
            Examples =
            [
                ("captioner model pull qwen3-vl-8b-q4_k_m", "6.2 GB from Hugging Face, for 'captioner up --model qwen3-vl-8b-q4_k_m'."),
                ("captioner model pull qwen3-vl-8b-q8_0 --mmproj Q8_0 --source modelscope", "The 8-bit model with the 8-bit vision part, from ModelScope."),
                ("captioner model pull qwen3-vl-8b-q4_k_m --mirror https://files.example.com/models/{file}", "From a server of your own."),
            ],
        };
        command.AddAll(name, vision, directory, source, mirror, timeout, parts, reports);
        command.SetAction(async (parse, _) =>
        {
            var json = reports.Json(parse);
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping. The received part is kept: pull again to resume."));
            var models = new ModelDirectory(parse.GetValue(directory), TimeProvider.System, logging.CreateLogger<ModelDirectory>());
            var report = TransferReport.Create(json, Console.Out);
            var options = new ModelPullOptions { Source = parse.GetValue(source), Mirror = parse.GetValue(mirror), Timeout = TimeSpan.FromMinutes(parse.GetValue(timeout)) };
            var paths = await report.RunAsync(() => models.EnsureAsync(parse.GetValue(name)!, parse.GetValue(vision), options, report, signals.Stop));
            await Console.Out.WriteLineAsync(json
                ? JsonSerializer.Serialize(new ModelLine { Event = "done", Model = paths.Text, Mmproj = paths.Vision }, ReportJson.Lines.ModelLine)
                : $"{paths.Text}\n{paths.Vision}");
            return ExitCode.Done;
        });
        return command;
    }
}

/// <summary><c>captioner model verify</c>.</summary>
internal static class ModelVerifyCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "A name from 'captioner model list'. Default: all files in the directory.", Arity = ArgumentArity.ZeroOrOne };
        var directory = ModelCommand.CreateDirectoryOption();
        var reports = new OutputArguments();
        var command = new ExampleCommand("verify", "Checks length and SHA-256 of the model files. The exit code is 1 if a file is wrong, or a file of the named model is missing.")
        {
            Examples = [("captioner model verify --json", "For machines: an array of file, state (missing, partial, wrong, verified), presentBytes, actualSha256, problem.")],
        };
        command.AddAll(name, directory, reports);
        command.SetAction(async (parse, _) =>
        {
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            var models = new ModelDirectory(parse.GetValue(directory), TimeProvider.System, logging.CreateLogger<ModelDirectory>());
            var named = parse.GetValue(name) is { } wanted ? models.Catalog.Get(wanted) : null;

            // the result is one JSON array, so no lines of progress
            var report = TransferReport.Create(reports.Json(parse), TextWriter.Null);
            var found = await report.RunAsync(() => CheckAsync(models, named, report, signals.Stop));
            await reports.WriteAsync(parse, found, CliJson.Lines.IReadOnlyListFileReport, f => Write(models, f));
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

    /// <summary>The complete files with a name of the catalogue.</summary>
    private static IEnumerable<CatalogFile> FilesHere(ModelDirectory models) => models.Catalog.Models
        .SelectMany(m => (IEnumerable<CatalogFile>)[m.Text, .. m.Vision])
        .DistinctBy(f => f.Name, StringComparer.Ordinal)
        .Where(f => models.Look(f).State is FileState.Present or FileState.Wrong);

    /// <summary>The language model and each vision part that is here, or else the default vision part.</summary>
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
                FileState.Partial => $"partial  {file.File.Name}: {file.PresentBytes:N0} of {file.File.Bytes:N0} bytes; pull again to resume",
                _ => $"wrong    {file.Problem}",
            });
        }
    }
}

/// <summary>A model of the catalogue and the state of its files, for <c>captioner model list --json</c>.</summary>
/// <param name="Name">Name for commands.</param>
/// <param name="Title">Its publisher's name.</param>
/// <param name="Repository">Its repository.</param>
/// <param name="Licence">SPDX identifier.</param>
/// <param name="MemoryBytes">Free memory that it needs, in bytes.</param>
/// <param name="Ready">True if both files are here, so that <c>--model</c> accepts its name.</param>
/// <param name="Text">The language model.</param>
/// <param name="Vision">Its vision parts, the default first.</param>
internal sealed record ModelListing(
    string Name, string Title, string Repository, string Licence, long MemoryBytes, bool Ready, FileReport Text, IReadOnlyList<FileReport> Vision);
