using System.Globalization;
using System.Text.Json;
using Azure;
using BlobCaptioner.Captioning;
using BlobCaptioner.Web.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Web.Security;

/// <summary>Turns exceptions into RFC 9457 problems: <c>{"status":400,"title":"name-invalid","detail":"…","remedy":"…"}</c>.</summary>
internal sealed partial class ProblemResponses(ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Handles a request.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var (status, code, message, remedy) = Explain(error);
            if (status >= 500)
            {
                Failed(error, context.Request.Path);
            }

            context.Response.Headers.Remove("Content-Length");
            if (error is ApiException { RetryAfterSeconds: { } seconds })
            {
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            }

            await TypedResults.Json(
                new { status, title = code, detail = message, remedy, code }, WebJson.Options, "application/problem+json", status).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The visitor went away.
        }
    }

    internal static (int Status, string Code, string Message, string Remedy) Explain(Exception error) => error switch
    {
        ApiException known => (known.Status, known.Code, known.Message, known.Remedy),
        BadHttpRequestException { StatusCode: 413 } => (413, "too-large", "The request is too large.", "Send one picture at a time. /api/status shows the limit."),
        BadHttpRequestException { InnerException: JsonException json } => (400, "bad-request", $"The body can't be read: {json.Message}", "/openapi describes what is expected."),
        BadHttpRequestException bad => (bad.StatusCode, "bad-request", bad.Message, "/openapi describes what is expected."),
        CaptionException caption => (caption.Retry ? 503 : 422, caption.Code, caption.Message, caption.Remedy),
        RequestFailedException { Status: > 0 } refused => (502, "storage", $"Storage refused with {refused.Status} {refused.ErrorCode}.", "Try again. The server's log has details."),
        RequestFailedException or AggregateException { InnerException: RequestFailedException or OperationCanceledException } => (502, "storage", "Storage can't be reached.", "Try again in a moment."),
        _ => (500, "internal", "An internal error occurred.", "Try again. The server's log has details."),
    };

    [LoggerMessage(61, LogLevel.Error, "{Path} failed")]
    private partial void Failed(Exception error, string path);
}
