using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Live;
using BlobCaptioner.Web.Security;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web.Endpoints;

/// <summary>The server's status.</summary>
internal static class StatusEndpoint
{
    public static void Map(IEndpointRouteBuilder api, WebContext context, RequestGuard guard, IndexSync sync, BatchMonitor batch) =>
        api.MapGet("/status", Ok<ServerStatus> (HttpRequest request) => TypedResults.Ok(Read(context, guard.Person(request), sync, batch)))
            .WithSummary("The server's container, model and limits, and the progress of the batch");

    private static ServerStatus Read(WebContext context, string? person, IndexSync sync, BatchMonitor batch) => new(
        context.Storage.Images.Name, context.ImageOptions.MaxMegabytes, context.ImageOptions.MaxMegapixels, context.Profile.Name, ExportEndpoints.Formats,
        sync.IsComplete, batch.Read(), context.Model?.Info.Name, person);
}
