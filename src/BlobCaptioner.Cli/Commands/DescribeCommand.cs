using System.CommandLine;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner describe</c>: pictures in, records out, no storage.</summary>
internal static class DescribeCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Pictures.", Arity = ArgumentArity.OneOrMore };
        var views = new Option<bool>("--views") { Description = $"The files are 2 to {CaptionRequest.MaxImages} views of one product, the main view first. They get one record." };
        var (engine, profile, images, reports) = (new EngineArguments(), new ProfileArgument(), new ImageArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "describe",
            "Describes files without a store and writes their records to stdout. The records are in the order of the files, indented, " +
            "or with --json one a line. A file that can't be described gets a record that says why, and the exit code is 1.")
        {
            Examples =
            [
                ("captioner describe mug.jpg", "One record."),
                ("captioner describe --views front.jpg back.jpg", "One record of one product."),
                ("captioner describe --json photos/*.jpg | jq -r '[.image.name, .status] | @tsv'", "Many, for machines."),
            ],
        };
        command.AddAll(files, views);
        command.Validators.Add(result =>
        {
            if (result.GetValue(views) && result.GetValue(files) is { Length: > CaptionRequest.MaxImages } many)
            {
                result.AddError($"--views takes at most {CaptionRequest.MaxImages} files; there are {many.Length}.");
            }
        });
        command.AddAll(profile, engine, images, reports);
        command.SetAction(async (parse, _) =>
        {
            var paths = parse.GetRequiredValue(files);
            string[][] products = parse.GetValue(views) ? [paths] : [.. paths.Select(p => new[] { p })];
            var writeUp = profile.Read(parse);
            var json = reports.Json(parse);
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));

            // each slot needs room for all views of a product
            var largest = writeUp with { ImageTokenBudget = writeUp.ImageTokenBudget * products.Max(p => p.Length) };
            await using var session = await EngineSession.LoadAsync(engine.Read(parse), largest, images.Read(parse), ErrorProgress.Instance, logging, signals.Stop);
            var describer = new FileDescriber(session.Preparer, session.Model, TimeProvider.System);

            // a window of pictures is in work, and records are written in the order of the files
            var window = session.Model.Concurrency * 2;
            var running = new Queue<Task<CaptionRecord>>();
            var bad = 0;
            for (var next = 0; next < products.Length || running.Count > 0;)
            {
                if (next < products.Length && running.Count < window)
                {
                    running.Enqueue(describer.DescribeAsync(products[next++], writeUp, signals.Stop));
                    continue;
                }

                var record = await running.Dequeue();
                bad += record.Status == RecordStatus.Described ? 0 : 1;
                await Console.Out.WriteLineAsync(json
                    ? CaptionStore.SerializeLine(record)
                    : CaptionStore.Serialize(record).ToString());
            }

            return bad > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }
}
