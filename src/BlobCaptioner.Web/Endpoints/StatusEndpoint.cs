using BlobCaptioner.Pipeline;
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
    public static void Map(IEndpointRouteBuilder api, WebContext context, RequestGuard guard, IndexSync sync, BatchMonitor batch)
    {
        api.MapGet("/status", Ok<ServerStatus> (HttpRequest request) => TypedResults.Ok(Read(context, guard.Person(request), sync, batch)))
            .WithSummary("The server's container, model and limits, and the progress of the batch");
        api.MapGet("/budget", async Task<Results<Ok<BudgetStatus>, NoContent>> (CancellationToken cancel) =>
                await BudgetStatus.ReadAsync(context.Storage, context.Time, cancel) is { } budget ? TypedResults.Ok(budget) : TypedResults.NoContent())
            .WithSummary("What was spent today, UTC, the caps, and why sending is paused; 204 where nothing was counted");
        api.MapPost("/budget/resume", async Task<NoContent> (CancellationToken cancel) =>
                await BudgetStatus.ResumeAsync(context.Storage, context.Time, cancel)
                    ? TypedResults.NoContent()
                    : throw new ApiException(409, "nothing-paused", "Nothing was counted today, so nothing is paused.", "Nothing to do."))
            .WithSummary("Lifts the day's caps until 00:00 UTC");
    }

    private static ServerStatus Read(WebContext context, string? person, IndexSync sync, BatchMonitor batch) => new(
        context.Storage.Images.Name, context.ImageOptions.MaxMegabytes, context.ImageOptions.MaxMegapixels, context.Profile.Name, ExportEndpoints.Formats,
        sync.IsComplete, batch.Read(), context.Model?.Info.Name, person);
}
