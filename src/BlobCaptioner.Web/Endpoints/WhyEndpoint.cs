using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>The story of a picture.</summary>
internal static class WhyEndpoint
{
    public static void Map(IEndpointRouteBuilder api, WebContext context)
    {
        var stories = new StoryReader(context.Intake);
        api.MapGet("/why", async Task<Ok<PictureStory>> (string name, CancellationToken cancel) =>
            {
                var story = await stories.ReadAsync(PictureNames.Item(name), context.Profile, cancel);

                // Of a picture that was deleted, its record or ticket may still tell.
                return story is { State: StoryState.Gone, Events.Count: 1 } ? throw ApiException.NotFound(name) : TypedResults.Ok(story);
            })
            .WithSummary("The story of a picture or product: what happened to it, and what happens next");
    }
}
