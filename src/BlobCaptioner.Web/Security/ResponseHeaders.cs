using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace BlobCaptioner.Web.Security;

/// <summary>Security headers: only the page's own scripts run, and no frame or other origin is allowed.</summary>
internal static class ResponseHeaders
{
    private const string NonceKey = "csp-nonce";

    /// <summary>The style nonce of this response.</summary>
    public static string Nonce(HttpContext context) => (string)context.Items[NonceKey]!;

    /// <summary>Sets them.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        context.Items[NonceKey] = nonce;
        var headers = context.Response.Headers;

        // Swagger's page has inline styles. Scripts are restricted there too.
        var styles = context.Request.Path.StartsWithSegments("/openapi", StringComparison.OrdinalIgnoreCase) ? "'unsafe-inline'" : $"'nonce-{nonce}'";
        headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self'; style-src 'self' {styles}; img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; "
            + "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()";
        return next(context);
    }
}
