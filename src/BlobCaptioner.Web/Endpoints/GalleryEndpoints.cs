using System.Net.ServerSentEvents;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Live;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>The gallery: lists of pictures, the pictures themselves, and events.</summary>
internal static class GalleryEndpoints
{
    private const int MaxItems = 500;

    public static void Map(IEndpointRouteBuilder api, WebContext context, RecordIndex index, LiveFeed feed, Thumbnails thumbnails)
    {
        api.MapGet("/pictures", Ok<PicturePage> (string? state, string? folder, string? flag, string? language, string? text, string? sort, int offset = 0, int limit = 60) =>
            {
                if (offset < 0 || limit is < 1 or > MaxItems)
                {
                    throw new ApiException(400, "page-invalid", $"offset is {offset} and limit is {limit}.", $"Give an offset of 0 or more and a limit of 1 to {MaxItems}.");
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
            .WithDescription("A page of the pictures that match state, folder, flag, language and words, ordered by name or (sort=newest) by upload time, "
                + "and the number of pictures in each state.");
        api.MapGet("/facets", Ok<Facets> () => TypedResults.Ok(index.Facets()))
            .WithSummary("Folders, flags and languages to filter by");
        api.MapGet("/image", async (string name, HttpContext http, CancellationToken cancel) =>
            {
                var image = PictureNames.Image(name);
                var blob = await context.OpenAsync(image, cancel);
                http.Response.Headers.CacheControl = "private, no-cache";

                // A browser that would run the content after all may not.
                http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
                var isShown = ContentTypes.IsShown(image);
                return TypedResults.Stream(
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
                    return Results.NotFound();
                }

                http.Response.Headers.CacheControl = v is null ? "private, no-cache" : "private, max-age=604800, immutable";
                return Results.Bytes(jpeg, "image/jpeg");
            })
            .WithSummary("A small JPEG of a picture, at most 320 pixels wide and high")
            .Produces(200, contentType: "image/jpeg").Produces(404);
        api.MapGet("/events", (HttpContext http, CancellationToken cancel) => Stream(http, feed.ReadAsync(cancel)))
            .WithSummary("Changes as they happen, as server-sent events")
            .WithDescription("picture (a card that is new or changed), gone {name}, state {name, state}, draft {name, texts}, batch (every five seconds), index {isComplete}, "
                + "alive (every 15 seconds, to be ignored).");
    }

    /// <summary>Answers with server-sent events. No proxy may buffer them.</summary>
    public static ServerSentEventsResult<string> Stream(HttpContext http, IAsyncEnumerable<SseItem<string>> events)
    {
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(events);
    }

    private static PictureState? StateOf(string? word) => string.IsNullOrEmpty(word) ? null
        : Enum.TryParse<PictureState>(word, ignoreCase: true, out var state) && Enum.IsDefined(state) ? state
        : throw new ApiException(400, "state-invalid", $"'{word}' is not a state.", $"States: {string.Join(", ", Enum.GetNames<PictureState>().Select(n => n.ToLowerInvariant()))}.");
}
