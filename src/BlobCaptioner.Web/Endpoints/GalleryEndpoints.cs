using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Live;
using BlobCaptioner.Web.Pictures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>Lists, pictures and what happens now.</summary>
internal static class GalleryEndpoints
{
    private const int MostItems = 500;

    public static void Map(IEndpointRouteBuilder api, WebContext context, RecordIndex index, LiveFeed feed, Thumbnails thumbnails)
    {
        api.MapGet("/pictures", Ok<PicturePage> (string? state, string? folder, string? flag, string? language, string? text, string? sort, int offset = 0, int limit = 60) =>
            {
                if (offset < 0 || limit is < 1 or > MostItems)
                {
                    throw new ApiException(400, "page-invalid", $"offset is {offset} and limit {limit}.", $"offset is 0 or more, limit 1 to {MostItems}.");
                }

                var query = new PictureQuery
                {
                    State = StateOf(state),
                    Folder = PictureNames.Folder(folder),
                    Flag = flag,
                    Language = language,
                    Text = text,
                    NewestFirst = sort == "newest",
                };
                return TypedResults.Ok(index.List(query, new Dictionary<string, PictureState>(feed.States, StringComparer.Ordinal), offset, limit));
            })
            .WithSummary("Lists pictures")
            .WithDescription("A page of pictures, by state, folder, flag, language and words, in the order of their names or (sort=newest) of their upload; and how many there are in each state.");
        api.MapGet("/facets", Ok<Facets> () => TypedResults.Ok(index.Facets()))
            .WithSummary("Folders, flags and languages that there are");
        api.MapGet("/image", async (string name, HttpContext http, CancellationToken cancel) =>
            {
                var image = PictureNames.Image(name);
                var blob = await OpenAsync(context, image, cancel);
                http.Response.Headers.CacheControl = "private, no-cache";

                // Even where a browser would run what lies in it, it may not.
                http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
                var isShown = ContentTypes.IsShown(image);
                return Answers.Stream(
                    blob.Content,
                    isShown ? ContentTypes.Of(image) : "application/octet-stream",
                    isShown ? null : Path.GetFileName(image),
                    entityTag: new($"\"{blob.Details.ETag.ToString().Trim('"')}\""));
            })
            .WithSummary("A picture as it was uploaded")
            .Produces(200, responseType: null, "image/jpeg", "image/png", "application/octet-stream");
        api.MapGet("/thumbnail", async (string name, string? v, HttpContext http, CancellationToken cancel) =>
            {
                var jpeg = await thumbnails.MakeAsync(PictureNames.Image(name), cancel);
                if (jpeg is null)
                {
                    return Answers.NotFound();
                }

                http.Response.Headers.CacheControl = v is null ? "private, no-cache" : "private, max-age=604800, immutable";
                return Answers.Bytes(jpeg, "image/jpeg");
            })
            .WithSummary("A small JPEG of a picture, at most 320 pixels wide and high")
            .Produces(200, contentType: "image/jpeg").Produces(404);
        api.MapGet("/events", async (HttpContext http, CancellationToken cancel) =>
            {
                await using var stream = await ServerEvents.BeginAsync(http, cancel);
                await foreach (var next in feed.ReadAsync(cancel))
                {
                    await stream.SendAsync(next.Type, next.Data, cancel);
                }
            })
            .WithSummary("What happens now, as server-sent events")
            .WithDescription("picture (a card that is new or changed), gone {name}, state {name, state}, draft {name, texts}, batch (every five seconds), index {isComplete}.")
            .Produces(200, contentType: "text/event-stream");
    }

    private static PictureState? StateOf(string? word) => string.IsNullOrEmpty(word) ? null
        : Enum.TryParse<PictureState>(word, ignoreCase: true, out var state) && Enum.IsDefined(state) ? state
        : throw new ApiException(400, "state-invalid", $"'{word}' is no state.", $"States: {string.Join(", ", Enum.GetNames<PictureState>().Select(n => n.ToLowerInvariant()))}.");

    private static async Task<Azure.Storage.Blobs.Models.BlobDownloadStreamingResult> OpenAsync(WebContext context, string image, CancellationToken cancellationToken)
    {
        try
        {
            return (await context.Storage.Images.GetBlobClient(image).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
        }
        catch (Azure.RequestFailedException error) when (error.Status == 404)
        {
            throw ApiException.NotThere(image);
        }
    }
}
