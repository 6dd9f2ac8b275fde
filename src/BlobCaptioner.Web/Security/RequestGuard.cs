using System.Net;
using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Http;

namespace BlobCaptioner.Web.Security;

/// <summary>
/// Accepts or refuses a request by its host (against DNS rebinding), its origin (against cross-site request forgery) and its sender.
/// Sources: OWASP's cheat sheet on cross-site request forgery (Fetch metadata), https://web.dev/articles/fetch-metadata.
/// </summary>
internal sealed class RequestGuard(WebOptions options)
{
    private const string Cookie = "captioner-token";
    private const string SignedIn = "X-MS-CLIENT-PRINCIPAL-NAME";

    /// <summary>Name of the person that the platform signed in; null without platform sign-in.</summary>
    public string? Person(HttpRequest request) => options.PlatformSignIn ? request.Headers[SignedIn].ToString() : null;

    /// <summary>Handles a request.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (!IsKnown(request.Host.Host))
        {
            throw new ApiException(
                421, "host-unknown", $"This page is not served under '{request.Host.Host}'.", "Use the address that 'captioner' printed, or allow the host with --host.");
        }

        if (IsForeign(request))
        {
            throw new ApiException(403, "cross-site", "The request comes from another site.", "Use this server's own page, or a program that is not a browser.");
        }

        if (options.Token is { } token && !IsShown(request, token))
        {
            if (HttpMethods.IsGet(request.Method) && request.Query["token"].ToString() is { Length: > 0 } given && IsSame(given, token))
            {
                context.Response.Cookies.Append(Cookie, token, new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = request.IsHttps, IsEssential = true });
                context.Response.Redirect(Local(request.Path));
                return;
            }

            throw new ApiException(401, "token-missing", "The request has no valid token.", "Open the page once as /?token=TOKEN, or send 'Authorization: Bearer TOKEN'.");
        }

        if (options.PlatformSignIn && string.IsNullOrEmpty(request.Headers[SignedIn]))
        {
            throw new ApiException(401, "not-signed-in", "You are not signed in.", "Open the page through its public address, where the platform signs visitors in.");
        }

        RequireText(request);
        await next(context);
    }

    // An address can't be rebound as a name can, so every spelling of loopback is accepted: [::1], [0:0:0:0:0:0:0:1], [::ffff:127.0.0.1].
    private bool IsKnown(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || options.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address)
            && (IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address) || (!options.IsLoopback && options.Hosts.Count == 0)));

    // "//host" and "/\host" lead to another host.
    private static string Local(PathString path) => "/" + path.ToUriComponent().TrimStart('/', '\\');

    private static void RequireText(HttpRequest request)
    {
        foreach (var (name, values) in request.Query)
        {
            if (values.Prepend(name).FirstOrDefault(v => v is not null && v.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'))) is not null)
            {
                throw new ApiException(400, "query-invalid", "A value in the address holds a control character.", "Leave out characters such as %00.");
            }
        }
    }

    // Browsers send these headers with each request. Other programs send neither.
    private static bool IsForeign(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site is "cross-site" or "same-site")
        {
            // A link on another site may open the page itself, nothing else.
            return !(HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate" && !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase));
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsShown(HttpRequest request, string token)
    {
        var bearer = request.Headers.Authorization.ToString();
        return (request.Cookies[Cookie] is { } cookie && IsSame(cookie, token))
            || (bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && IsSame(bearer["Bearer ".Length..].Trim(), token));
    }

    // Hashes have equal lengths, so the time of the comparison reveals nothing.
    private static bool IsSame(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(one)), SHA256.HashData(Encoding.UTF8.GetBytes(other)));
}
