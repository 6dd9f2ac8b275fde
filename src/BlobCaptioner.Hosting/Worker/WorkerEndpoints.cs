using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>A worker's health over HTTP.</summary>
public static class WorkerEndpoints
{
    /// <summary>200 unless the worker has failed.</summary>
    public const string Live = "/healthz/live";

    /// <summary>200 from the first described picture until the worker drains, else 503. The body names the phase.</summary>
    public const string Ready = "/healthz/ready";

    /// <summary>Maps <see cref="Live"/> and <see cref="Ready"/>.</summary>
    public static void MapCaptionerHealth(this IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, Live);
        Map(endpoints, Ready);
    }

    // A check has its path as its tag.
    private static void Map(IEndpointRouteBuilder endpoints, string path) =>
        endpoints.MapHealthChecks(path, new() { Predicate = check => check.Tags.Contains(path), ResponseWriter = WriteAsync });

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(string.Join('\n', report.Entries.Values.Select(e => e.Description)), context.RequestAborted);
    }
}
