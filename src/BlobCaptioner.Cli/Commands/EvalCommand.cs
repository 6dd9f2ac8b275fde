using System.CommandLine;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
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
            Description = "CSV with a column file (or sku) and one for each known attribute. | separates several values; a column 'color synonyms' lists other right answers.",
            HelpName = "FILE",
            Required = true,
        };
        var records = new Option<string?>("--records") { Description = "Folder of records from 'up --out', in place of a store.", HelpName = "DIR" };
        var prefix = PrefixOption.Create();
        var (store, reports) = (new StoreArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "eval",
            "Compares the records' attributes with known values. Reports exact match, precision and coverage of each attribute, and calibration of the confidence. " +
            "Edits by people don't count, since the model is measured.")
        {
            Examples = [("captioner eval --truth known.csv --json", "For machines: fields, calibration, expectedCalibrationError, missing.")],
        };
        command.AddAll(truth, records, prefix, store, reports);
        command.SetAction(async (parse, _) =>
        {
            var evaluation = new AttributeEvaluation(ReadTruth(parse.GetRequiredValue(truth)));
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            var folder = parse.GetValue(records);
            if (folder is not null && !Directory.Exists(folder))
            {
                throw new UsageException($"There is no folder '{folder}'. 'captioner up --out DIR' writes records to a folder.");
            }

            await using var opened = folder is null
                ? await StoreSession.OpenExistingAsync(store.Read(parse), ErrorProgress.Instance, TimeProvider.System, signals.Stop)
                : null;
            var found = opened is null
                ? RecordFiles.ReadAsync(folder!, parse.GetValue(prefix), signals.Stop)
                : new RecordListing(opened.Storage.Images).ReadAsync(parse.GetValue(prefix), RecordStatus.Described, signals.Stop);
            await foreach (var record in found)
            {
                evaluation.Add(record);
            }

            var report = evaluation.Report();
            await reports.WriteAsync(parse, report, CliJson.Lines.EvaluationReport, Write);
            return report.Missing > 0 ? ExitCode.SomeFailed : ExitCode.Done;
        });
        return command;
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
        var share = Percent(found > 0 ? (double)report.AllCorrect / found : null);
        Console.Out.WriteLine($"{report.Rows} rows, {report.Missing} without a record, {report.AllCorrect} of {found} right in all attributes ({share})");
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
