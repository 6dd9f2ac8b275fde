using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Exports;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner export</c>: the records in a format that shops import.</summary>
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
        var output = new Option<string?>("--out", "-o") { Description = "File, which appears when it is complete. Default: stdout.", HelpName = "FILE" };
        var language = new Option<string?>("--language", "-l") { Description = "Language of the texts, such as de. Default: the first of each record.", HelpName = "TAG" };
        var baseUrl = new Option<string?>("--base-url")
        {
            Description = "Address under which customers reach the pictures, before their names. Default: the container's address.",
            HelpName = "URL",
        };
        var approved = new Option<bool>("--approved") { Description = "Only records that a person approved." };
        var status = new Option<string?>("--status")
        {
            Description = "described, rejected, failed or all. Default: described; all for jsonl. Shop formats hold only described records.",
            HelpName = "STATUS",
        };
        status.AcceptOnlyFromAmong([.. Statuses.Select(s => s.Word)]);
        var prefix = PrefixOption.Create();
        var timeout = NumberOption.Create("--timeout", "Longest time for the export, in minutes, 1 to 43200.", value: 1440, 1, 43_200);
        var (store, reports) = (new StoreArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "export",
            "Writes the records in a format that shops import, in the order of their names. Edits by people replace the model's words; " +
            "price, link, stock and codes come from the catalogue. Faults of the rows are counted on stderr.")
        {
            Examples =
            [
                ("captioner export --format shopify --out products.csv", "A file to import. Records that nobody approved are drafts in it."),
                ("captioner export --format google --approved --language de --base-url https://shop.example/img > feed.xml", "A feed of approved products in German."),
                ("captioner export --format jsonl | jq -r .status | sort | uniq -c", "For programs."),
            ],
        };
        command.AddAll(format, output, language, baseUrl, approved, status, prefix, timeout, store, reports);
        command.SetAction(async (parse, _) =>
        {
            var chosen = Formats.First(f => f.Word == parse.GetRequiredValue(format)).Format;
            var address = BaseUrl(parse.GetValue(baseUrl));
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var opened = await StoreSession.OpenExistingAsync(store.Read(parse), ErrorProgress.Instance, TimeProvider.System, signals.Stop);
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
            var limit = TimeSpan.FromMinutes(parse.GetValue(timeout));
            using var deadline = new CancellationTokenSource(limit, TimeProvider.System);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, signals.Stop);
            try
            {
                var tally = await WriteAsync(opened, options, path, progress, either.Token);
                progress.Clear();
                return await WriteSummaryAsync(tally, chosen, path, reports.Json(parse));
            }
            catch (OperationCanceledException ex) when (deadline.IsCancellationRequested && !signals.Stop.IsCancellationRequested)
            {
                throw new UsageException(
                    $"The export took longer than {limit.TotalMinutes:N0} minutes and is not complete. Give a longer --timeout, or export folder by folder with --prefix.", ex);
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

    // without a file the export is on stdout, and all else goes to stderr
    private static async Task<int> WriteSummaryAsync(ExportTally tally, ExportFormat format, string? path, bool json)
    {
        var target = path is null ? Console.Error : Console.Out;
        if (json)
        {
            var summary = new ExportSummary(format, path, tally.Records, tally.Items, tally.Skipped, tally.Warnings);
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

/// <summary>The summary of <c>captioner export --json</c>.</summary>
/// <param name="Format">The format.</param>
/// <param name="File">The file; null for stdout.</param>
/// <param name="Records">Records read.</param>
/// <param name="Items">Pictures or products written.</param>
/// <param name="Skipped">Records without a row, by reason.</param>
/// <param name="Warnings">Faults of the rows, by code.</param>
public sealed record ExportSummary(
    ExportFormat Format, string? File, long Records, long Items, IReadOnlyDictionary<string, long> Skipped, IReadOnlyDictionary<string, long> Warnings);
