using System.Text;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BlobCaptioner.Web;

/// <summary>The page's own files, embedded in this assembly.</summary>
internal static class ClientFiles
{
    private const string Folder = "client/";

    public static void Map(IEndpointRouteBuilder app)
    {
        var version = Version();
        var page = Encoding.UTF8.GetString(Read("index.html")).Replace("{{version}}", version, StringComparison.Ordinal);
        foreach (var name in typeof(ClientFiles).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)).Select(n => n[Folder.Length..]))
        {
            if (name != "index.html")
            {
                var content = Read(name);
                app.MapGet("/" + name, (HttpContext http) =>
                {
                    http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
                    return TypedResults.Bytes(content, ContentTypes.OfClientFile(name));
                }).ExcludeFromDescription();
            }
        }

        app.MapFallback((HttpContext http) =>
        {
            if (http.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || Path.HasExtension(http.Request.Path) || !HttpMethods.IsGet(http.Request.Method))
            {
                throw new ApiException(404, "not-there", $"There is no '{http.Request.Path}'.", "/openapi lists what there is.");
            }

            http.Response.Headers.CacheControl = "no-store";
            return TypedResults.Text(page.Replace("{{nonce}}", ResponseHeaders.Nonce(http), StringComparison.Ordinal), "text/html; charset=utf-8");
        }).ExcludeFromDescription();
    }

    // The page asks for its files with this version, so browsers may keep them for ever.
    private static string Version() => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([.. Read("app.js"), .. Read("app.css")]))[..12];

    private static byte[] Read(string name)
    {
        using var stream = typeof(ClientFiles).Assembly.GetManifestResourceStream(Folder + name)
            ?? throw new InvalidOperationException($"The assembly has no embedded file '{name}'. Build it on a machine with Node.js.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
