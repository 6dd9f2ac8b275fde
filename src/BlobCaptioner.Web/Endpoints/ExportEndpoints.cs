using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Exports;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Pictures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Exports, and their first rows.</summary>
internal static class ExportEndpoints
{
    private const int MostRows = 50;

    private static readonly JsonSerializerOptions s_words = new() { Converters = { new JsonStringEnumConverter() } };

    // Enough of a container to find a few approved ones early; a preview that reads millions is none.
    private const int MostLookedAt = 2_000;

    public static IReadOnlyList<string> Formats => field ??= [.. Enum.GetValues<ExportFormat>().Select(Word)];

    public static void Map(IEndpointRouteBuilder api, WebContext context)
    {
        api.MapGet("/export", async (string format, string? language, bool? approved, string? folder, string? baseUrl, HttpContext http, CancellationToken cancel) =>
            {
                var options = Options(context, format, language, approved, folder, baseUrl);
                http.Response.ContentType = Type(options.Format);
                http.Response.Headers.ContentDisposition = $"attachment; filename=\"products-{format}.{Ending(options.Format)}\"";
                http.Response.Headers.CacheControl = "no-store";
                await RecordExport.RunAsync(context.Storage, options, http.Response.Body, progress: null, cancel);
            })
            .WithSummary("Exports records as a file that a shop imports")
            .WithDescription($"format: {string.Join(", ", Formats)}. approved=true leaves out what nobody approved.")
            .Produces(200, contentType: "text/csv");
        api.MapGet("/export/preview", async Task<Ok<ExportPreview>> (
                string format, string? language, bool? approved, string? folder, string? baseUrl, CancellationToken cancel, int rows = 5) =>
            {
                if (rows is < 1 or > MostRows)
                {
                    throw new ApiException(400, "rows-invalid", $"rows is {rows}.", $"Give 1 to {MostRows}.");
                }

                var options = Options(context, format, language, approved, folder, baseUrl);
                var listing = new RecordListing(context.Storage.Images);
                using var text = new MemoryStream();
                var records = listing.ReadAsync(options.Prefix, options.Status, cancel)
                    .Take(MostLookedAt)
                    .Where(r => !options.ApprovedOnly || EffectiveRecord.Of(r.Record).IsApproved)
                    .Take(rows);
                var tally = await RecordExport.RunAsync(records, listing.FindAsync, options, text, progress: null, cancel);
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
            : throw new ApiException(400, "url-invalid", $"'{baseUrl}' is no address.", "Give it as https://shop.example/images."),
        Language = string.IsNullOrWhiteSpace(language) ? null : language,
        ApprovedOnly = approved == true,
        Prefix = PictureNames.Folder(folder) is { Length: > 0 } prefix ? prefix : null,
    };

    private static string Word(ExportFormat format) => JsonSerializer.Serialize(format, s_words).Trim('"');

    private static string Type(ExportFormat format) => format switch
    {
        ExportFormat.Jsonl or ExportFormat.SchemaOrg => "application/x-ndjson",
        ExportFormat.Google => "application/xml",
        ExportFormat.Amazon => "text/tab-separated-values",
        _ => "text/csv",
    };

    private static string Ending(ExportFormat format) => format switch
    {
        ExportFormat.Jsonl or ExportFormat.SchemaOrg => "jsonl",
        ExportFormat.Google => "xml",
        ExportFormat.Amazon => "txt",
        _ => "csv",
    };
}
