using System.CommandLine;
using System.Text.Json;
using Azure;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Evaluation;
using BlobCaptioner.Records;
using Spectre.Console;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner eval</c>: records against known attributes.</summary>
internal static class EvalCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var truth = new Option<string>("--truth")
        {
            Description = "CSV with a column file (or sku) and one for each known attribute; several values parted by |; 'color synonyms' names other right answers.",
            HelpName = "FILE",
            Required = true,
        };
        var records = new Option<string?>("--records") { Description = "Folder of record files, as 'up --out' writes them, in place of a store.", HelpName = "DIR" };
        var prefix = new Option<string?>("--prefix") { Description = "Only names that start with this: a folder with its slash.", HelpName = "TEXT" };
        var (store, reports) = (new StoreArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "eval",
            "Compares the records' attributes with known ones: for each how many are exactly right, how precise those are that are not unknown, and how many got a value; " +
            "and whether the confidence can be trusted. A person's edits don't count: it is the model that is measured.")
        {
            Examples = [("captioner eval --truth known.csv --json", "For machines: fields, calibration, expectedCalibrationError, missing.")],
        };
        command.Add(truth);
        command.Add(records);
        command.Add(prefix);
        store.AddTo(command);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var evaluation = new AttributeEvaluation(ReadTruth(parse.GetRequiredValue(truth)));
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            if (parse.GetValue(records) is { } folder)
            {
                if (!Directory.Exists(folder))
                {
                    throw new UsageException($"There is no folder '{folder}'. 'captioner up --out DIR' writes records into one.");
                }

                await foreach (var record in RecordFiles.ReadAsync(folder, parse.GetValue(prefix), signals.Stop))
                {
                    evaluation.Add(record);
                }
            }
            else
            {
                await AddStoreAsync(evaluation, store.Read(parse), parse.GetValue(prefix), signals.Stop);
            }

            var report = evaluation.Report();
            if (reports.Json(parse))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, CliJson.Lines.EvaluationReport));
            }
            else
            {
                Write(report);
            }

            return report.Missing > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
    }

    private static async Task AddStoreAsync(AttributeEvaluation evaluation, StoreChoice choice, string? prefix, CancellationToken cancellationToken)
    {
        if (choice.Connection is null && !Directory.Exists(choice.DataDirectory))
        {
            throw new UsageException($"There is no store in '{choice.DataDirectory}' yet: 'captioner up' makes one. Or name one with --data or --connection, or records with --records.");
        }

        await using var opened = await StoreSession.OpenAsync(choice, ErrorProgress.Instance, create: false, TimeProvider.System, cancellationToken);
        try
        {
            await foreach (var record in new RecordListing(opened.Storage.Images).ReadAsync(prefix, RecordStatus.Described, cancellationToken))
            {
                evaluation.Add(record);
            }
        }
        catch (RequestFailedException ex) when (ex.Status == 404)
        {
            throw new UsageException($"The store has no container '{choice.Names.ImagesContainer}' yet: 'captioner up' and 'captioner upload DIR' make it.", ex);
        }
    }

    private static TruthFile ReadTruth(string path)
    {
        try
        {
            return TruthFile.Read(path);
        }
        catch (Exception ex) when (ex is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new UsageException($"--truth {path}: {ex.Message}", ex);
        }
    }

    private static void Write(EvaluationReport report)
    {
        var found = report.Rows - report.Missing;
        Console.Out.WriteLine($"{report.Rows} rows, {report.Missing} without a record, {report.AllCorrect} of {found} right in all attributes ({Percent(found > 0 ? (double)report.AllCorrect / found : null)})");
        var fields = new Table().RoundedBorder().AddColumns("attribute", "known", "exact match", "precision", "coverage", "F1");
        foreach (var field in report.Fields)
        {
            fields.AddRow(Markup.Escape(field.Field), $"{field.Known}", Percent(field.ExactMatch), Percent(field.Precision), Percent(field.Coverage), $"{field.F1:0.000}");
        }

        AnsiConsole.Write(fields);
        var bins = new Table().RoundedBorder().AddColumns("confidence", "answers", "mean confidence", "right");
        foreach (var bin in report.Calibration)
        {
            bins.AddRow($"{bin.From:0.0} - {bin.To:0.0}", $"{bin.Count}", Percent(bin.MeanConfidence), Percent(bin.Accuracy));
        }

        AnsiConsole.Write(bins);
        Console.Out.WriteLine($"expected calibration error {(report.ExpectedCalibrationError is { } error ? $"{error:0.000}" : "-")}");
    }

    private static string Percent(double? part) => part is { } p ? $"{p * 100:0.0} %" : "-";
}
