using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>What a worker tells its platform over HTTP.</summary>
public static class WorkerEndpoints
{
    /// <summary>200 unless the worker has failed.</summary>
    public const string Live = "/healthz/live";

    /// <summary>200 once the model has described a picture and until the worker drains, else 503; the body says what it is at.</summary>
    public const string Ready = "/healthz/ready";

    internal const string LiveTag = "live";
    internal const string ReadyTag = "ready";

    /// <summary>Maps <see cref="Live"/> and <see cref="Ready"/>.</summary>
    public static void MapCaptionerHealth(this IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, Live, LiveTag);
        Map(endpoints, Ready, ReadyTag);
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, string tag) =>
        endpoints.MapHealthChecks(path, new() { Predicate = check => check.Tags.Contains(tag), ResponseWriter = WriteAsync });

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain";
        return context.Response.WriteAsync(string.Join('\n', report.Entries.Values.Select(e => e.Description)), context.RequestAborted);
    }
}
