using System.CommandLine;
using System.Text.Json;
using Azure;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Exports;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner export</c>: the records in the shape that shops import.</summary>
internal static class ExportCommand
{
    private static readonly (string Word, ExportFormat Format)[] Formats =
    [
        ("jsonl", ExportFormat.Jsonl), ("csv", ExportFormat.Csv), ("shopify", ExportFormat.Shopify), ("google", ExportFormat.Google),
        ("woocommerce", ExportFormat.WooCommerce), ("amazon", ExportFormat.Amazon), ("schema-org", ExportFormat.SchemaOrg),
    ];

    private static readonly (string Word, RecordStatus? Status)[] Statuses =
        [("described", RecordStatus.Described), ("rejected", RecordStatus.Rejected), ("failed", RecordStatus.Failed), ("all", null)];

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var format = new Option<string>("--format", "-f")
        {
            Description = "jsonl: whole records. csv: a flat table. shopify, woocommerce: their product CSV. google: Merchant Center's XML. " +
                "amazon: the columns of a flat file, tab-separated. schema-org: JSON-LD, one product a line.",
            HelpName = "FORMAT",
            Required = true,
        };
        format.AcceptOnlyFromAmong([.. Formats.Select(f => f.Word)]);
        var output = new Option<string?>("--out", "-o") { Description = "File, written when all of it is there. Default: stdout.", HelpName = "FILE" };
        var language = new Option<string?>("--language", "-l") { Description = "Language of the texts, such as de. Default: each record's first.", HelpName = "TAG" };
        var baseUrl = new Option<string?>("--base-url")
        {
            Description = "Where shops and customers reach the pictures; their names follow it. Default: the container's own address.",
            HelpName = "URL",
        };
        var approved = new Option<bool>("--approved") { Description = "Only what a person approved." };
        var status = new Option<string?>("--status")
        {
            Description = "described, rejected, failed or all. Default: described; all for jsonl. What shops import is always described.",
            HelpName = "STATUS",
        };
        status.AcceptOnlyFromAmong([.. Statuses.Select(s => s.Word)]);
        var prefix = new Option<string?>("--prefix") { Description = "Only names that start with this: a folder with its slash.", HelpName = "TEXT" };
        var (store, reports) = (new StoreArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "export",
            "Writes the records in the shape that shops import, as a stream, in the order of the names. A person's edits stand in place of the model's words; " +
            "price, link, stock and codes come from the catalogue. What rows lack is counted on stderr.")
        {
            Examples =
            [
                ("captioner export --format shopify --out products.csv", "A file to import; what nobody approved is a draft in it."),
                ("captioner export --format google --approved --language de --base-url https://shop.example/img > feed.xml", "A feed of approved products in German."),
                ("captioner export --format jsonl | jq -r .status | sort | uniq -c", "For programs."),
            ],
        };
        command.Add(format);
        command.Add(output);
        command.Add(language);
        command.Add(baseUrl);
        command.Add(approved);
        command.Add(status);
        command.Add(prefix);
        store.AddTo(command);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var chosen = Formats.First(f => f.Word == parse.GetRequiredValue(format)).Format;
            var address = BaseUrl(parse.GetValue(baseUrl));
            var choice = store.Read(parse);
            if (choice.Connection is null && !Directory.Exists(choice.DataDirectory))
            {
                throw new UsageException($"There is no store in '{choice.DataDirectory}' yet: 'captioner up' makes one. Or name one with --data or --connection.");
            }

            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenAsync(choice, ErrorProgress.Instance, create: false, TimeProvider.System, signals.Stop);
            var path = parse.GetValue(output);
            var options = new ExportOptions
            {
                Format = chosen,
                BaseUrl = address ?? opened.Storage.Images.Uri,
                Language = parse.GetValue(language),
                ApprovedOnly = parse.GetValue(approved),
                Status = parse.GetValue(status) is { } word ? Statuses.First(s => s.Word == word).Status : chosen == ExportFormat.Jsonl ? null : RecordStatus.Described,
                Prefix = parse.GetValue(prefix),
            };
            var progress = new ExportProgress(TimeProvider.System);
            try
            {
                var tally = await WriteAsync(opened, options, path, progress, signals.Stop);
                progress.Clear();
                return await SayAsync(tally, chosen, path, reports.Json(parse));
            }
            catch (RequestFailedException ex) when (ex.Status == 404)
            {
                throw new UsageException($"The store has no container '{choice.Names.ImagesContainer}' yet: 'captioner up' and 'captioner upload DIR' make it.", ex);
            }
            catch (Exception ex) when (ex is IOException or UnauthorizedAccessException)
            {
                throw new UsageException($"{path ?? "stdout"} can't be written: {ex.Message}", ex);
            }
        });
        return command;
    }

    private static async Task<ExportTally> WriteAsync(
        StoreSession opened, ExportOptions options, string? path, ExportProgress progress, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            await using var stdout = Console.OpenStandardOutput();
            return await RecordExport.RunAsync(opened.Storage, options, stdout, progress, cancellationToken);
        }

        await using var file = ExportFile.Create(path);
        var tally = await RecordExport.RunAsync(opened.Storage, options, file.Stream, progress, cancellationToken);
        await file.CompleteAsync();
        return tally;
    }

    // stdout holds the export, where no file was named: then all else goes to stderr
    private static async Task<int> SayAsync(ExportTally tally, ExportFormat format, string? path, bool json)
    {
        var target = path is null ? Console.Error : Console.Out;
        if (json)
        {
            var summary = new ExportSummary
            {
                Format = format,
                File = path,
                Records = tally.Records,
                Items = tally.Items,
                Skipped = tally.Skipped,
                Warnings = tally.Warnings,
            };
            await target.WriteLineAsync(JsonSerializer.Serialize(summary, CliJson.Lines.ExportSummary));
        }
        else
        {
            await target.WriteLineAsync($"{tally.Items} written of {tally.Records} records");
            foreach (var (reason, count) in tally.Skipped)
            {
                await Console.Error.WriteLineAsync($"left out, {reason}: {count}");
            }

            foreach (var (code, count) in tally.Warnings)
            {
                await Console.Error.WriteLineAsync($"warning, {code}: {count}");
            }
        }

        return ExitCode.Done;
    }

    private static Uri? BaseUrl(string? text) =>
        text is null ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length == 0 ? url
        : throw new UsageException($"--base-url is '{text}'; it must be an address like https://shop.example/images, without a query.");
}
