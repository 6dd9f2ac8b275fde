using System.CommandLine;
using System.Text.Json;
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
        var command = new ExampleCommand("list", "Lists the models that can be pulled, with size and memory, and what of them is here. Lengths are looked at, hashes are not.")
        {
            Examples = [("captioner model list --json", "For machines: an array of name, title, repository, licence, memoryBytes, ready, text and vision (file, state, presentBytes).")],
        };
        command.Add(directory);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            using var logging = reports.CreateLogging(parse);
            var models = new ModelDirectory(parse.GetValue(directory), TimeProvider.System, logging.CreateLogger<ModelDirectory>());
            IReadOnlyList<ModelListing> listings = [.. models.Catalog.Models.Select(m => ListingOf(models, m))];
            if (reports.Json(parse))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(listings, CliJson.Lines.IReadOnlyListModelListing));
            }
            else
            {
                Write(models, listings);
            }
        });
        return command;
    }

    private static ModelListing ListingOf(ModelDirectory models, CatalogModel model) => new()
    {
        Name = model.Name,
        Title = model.Title,
        Repository = model.Repository,
        Licence = model.Licence,
        MemoryBytes = model.MemoryBytes,
        Ready = models.Find(model.Name) is not null,
        Text = models.Look(model.Text),
        Vision = [.. model.Vision.Select(models.Look)],
    };

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
