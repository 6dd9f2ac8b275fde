using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Models;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner model pull</c>.</summary>
internal static class ModelPullCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "A name from 'captioner model list'; each quantisation has its own." };
        var vision = new Option<string?>("--mmproj") { Description = "Quantisation of the vision part, F16 (default) or Q8_0.", HelpName = "QUANT" };
        var directory = ModelCommand.CreateDirectoryOption();
        var source = new Option<string?>("--source") { Description = "huggingface (default) or modelscope.", HelpName = "NAME" };
        var mirror = new Option<string?>("--mirror")
        {
            Description = "Another address instead: a site with the paths of Hugging Face, or a URL with {file} and, if need be, {repository} and {revision}. " +
                "Nothing but size and SHA-256 is trusted of it. No token is sent there.",
            HelpName = "URL",
        };
        var parts = NumberOption.Create("--parts", "No effect: each file comes with one request. Accepted so that older scripts run, 1 to 32.", value: 4, 1, 32);
        var reports = new OutputArguments();
        var command = new ExampleCommand(
            "pull",
            "Pulls a model and its vision part. Goes on with what an earlier pull left, also one that was killed. A file gets its name only when its length and " +
            "SHA-256 are right. HF_TOKEN is sent to Hugging Face itself, if set. The paths of the two files go to stdout.")
        {
            Examples =
            [
                ("captioner model pull qwen3-vl-8b-q4_k_m", "6.2 GB from Hugging Face, for 'captioner up --model qwen3-vl-8b-q4_k_m'."),
                ("captioner model pull qwen3-vl-8b-q8_0 --mmproj Q8_0 --source modelscope", "The larger one, with the small vision part, from ModelScope."),
                ("captioner model pull qwen3-vl-8b-q4_k_m --mirror https://files.example.com/models/{file}", "From a server of your own."),
            ],
        };
        command.Add(name);
        foreach (var option in (Option[])[vision, directory, source, mirror, parts])
        {
            command.Add(option);
        }

        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var json = reports.Json(parse);
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping. What was received is kept: pull again to go on."));
            var models = new ModelDirectory(parse.GetValue(directory), TimeProvider.System, logging.CreateLogger<ModelDirectory>());
            var report = TransferReport.Create(json, Console.Out);
            var options = new ModelPullOptions { Source = parse.GetValue(source), Mirror = parse.GetValue(mirror) };
            var paths = await report.RunAsync(() => models.EnsureAsync(parse.GetValue(name)!, parse.GetValue(vision), options, report, signals.Stop));
            await Console.Out.WriteLineAsync(json
                ? JsonSerializer.Serialize(new ModelLine { Event = "done", Model = paths.Text, Mmproj = paths.Vision }, CliJson.Lines.ModelLine)
                : $"{paths.Text}\n{paths.Vision}");
            return ExitCode.Done;
        });
        return command;
    }
}
