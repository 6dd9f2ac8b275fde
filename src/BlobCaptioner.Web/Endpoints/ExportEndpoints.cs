using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Exports;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Security;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Exports and their previews.</summary>
internal static class ExportEndpoints
{
    private const int MaxRows = 50;

    private static readonly JsonSerializerOptions s_words = new() { Converters = { new JsonStringEnumConverter() } };

    // A preview must not read millions of records to find a few that are approved.
    private const int MaxRecordsRead = 2_000;

    public static IReadOnlyList<string> Formats => field ??= [.. Enum.GetValues<ExportFormat>().Select(Word)];

    public static void Map(IEndpointRouteBuilder api, WebContext context, WebOptions limits)
    {
        api.MapGet("/export", async (string format, string? language, bool? approved, string? folder, string? baseUrl, HttpContext http, CancellationToken cancel) =>
            {
                var options = Options(context, format, language, approved, folder, baseUrl);
                var (contentType, extension) = FileOf(options.Format);
                http.Response.ContentType = contentType;
                http.Response.Headers.ContentDisposition = $"attachment; filename=\"products-{format}.{extension}\"";
                http.Response.Headers.CacheControl = "no-store";
                await WithinAsync(limits, context, time => RecordExport.RunAsync(context.Storage, options, http.Response.Body, progress: null, time), cancel);
            })
            .WithSummary("Exports records as a file that a shop imports")
            .WithDescription($"format: {string.Join(", ", Formats)}. approved=true leaves out records that nobody approved.")
            .Produces(200, contentType: "text/csv");
        api.MapGet("/export/preview", async Task<Ok<ExportPreview>> (
                string format, string? language, bool? approved, string? folder, string? baseUrl, CancellationToken cancel, int rows = 5) =>
            {
                if (rows is < 1 or > MaxRows)
                {
                    throw new ApiException(400, "rows-invalid", $"rows is {rows}.", $"Give 1 to {MaxRows}.");
                }

                var options = Options(context, format, language, approved, folder, baseUrl);
                var listing = new RecordListing(context.Storage.Images);
                using var text = new MemoryStream();
                var tally = await WithinAsync(
                    limits,
                    context,
                    time => RecordExport.RunAsync(
                        listing.ReadAsync(options.Prefix, options.Status, time)
                            .Take(MaxRecordsRead)
                            .Where(r => !options.ApprovedOnly || EffectiveRecord.Of(r.Record).IsApproved)
                            .Take(rows),
                        listing.FindAsync,
                        options,
                        text,
                        progress: null,
                        time),
                    cancel);
                return TypedResults.Ok(new ExportPreview(Encoding.UTF8.GetString(text.ToArray()), tally.Items, tally.Skipped, tally.Warnings));
            })
            .WithSummary("The first rows of an export");
    }

    private static ExportOptions Options(WebContext context, string format, string? language, bool? approved, string? folder, string? baseUrl) => new()
    {
        Format = Enum.GetValues<ExportFormat>().Where(f => Word(f) == format).Select(f => (ExportFormat?)f).FirstOrDefault()
            ?? throw new ApiException(400, "format-unknown", $"There is no format '{format}'.", $"Formats: {string.Join(", ", Formats)}."),
        BaseUrl = string.IsNullOrWhiteSpace(baseUrl) ? context.Storage.Images.Uri
            : Uri.TryCreate(baseUrl.TrimEnd('/'), UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" ? uri
            : throw new ApiException(400, "url-invalid", $"'{baseUrl}' is not an http or https address.", "Give one such as https://shop.example/images."),
        Language = string.IsNullOrWhiteSpace(language) ? null : language,
        ApprovedOnly = approved == true,
        Prefix = PictureNames.Folder(folder) is { Length: > 0 } prefix ? prefix : null,
    };

    // A response that has begun is cut off, so that nobody takes half an export for a whole one.
    private static async Task<ExportTally> WithinAsync(WebOptions limits, WebContext context, Func<CancellationToken, Task<ExportTally>> run, CancellationToken cancellationToken)
    {
        using var deadline = new RequestDeadline(limits.ExportTimeout, context.Time, cancellationToken);
        try
        {
            return await run(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsOver)
        {
            throw deadline.Error("export-timeout", "The export", "Export folder by folder (folder=), use 'captioner export', or start the page with a longer --export-timeout.");
        }
    }

    private static string Word(ExportFormat format) => JsonSerializer.Serialize(format, s_words).Trim('"');

    private static (string ContentType, string Extension) FileOf(ExportFormat format) => format switch
    {
        ExportFormat.Jsonl or ExportFormat.SchemaOrg => ("application/x-ndjson", "jsonl"),
        ExportFormat.Google => ("application/xml", "xml"),
        ExportFormat.Amazon => ("text/tab-separated-values", "txt"),
        _ => ("text/csv", "csv"),
    };
}

/// <summary>The first rows of an export.</summary>
/// <param name="Text">The text, as the file will hold it.</param>
/// <param name="Items">The number of pictures or products in it.</param>
/// <param name="Skipped">Records that were read and get no row, counted by reason.</param>
/// <param name="Warnings">Faults of the rows, counted by code.</param>
public sealed record ExportPreview(string Text, long Items, IReadOnlyDictionary<string, long> Skipped, IReadOnlyDictionary<string, long> Warnings);
