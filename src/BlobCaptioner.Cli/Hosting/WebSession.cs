using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Web;
using BlobCaptioner.Web.Setup;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Starts the page for a command.</summary>
internal static class WebSession
{
    private const int MaxPorts = 20;

    /// <summary>Starts the page. If the options name no port, it takes 7860 or the next free one.</summary>
    /// <exception cref="UsageException">The named port, or each of the 20 ports that were tried, is taken.</exception>
    public static async Task<CaptionerWeb> StartAsync(WebOptions options, WebContext context, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var port = options.Port ?? WebOptions.DefaultPort;
        for (var attempt = 1; ; attempt++, port++)
        {
            try
            {
                return await CaptionerWeb.StartAsync(context, options with { Port = port }, logging, cancellationToken);
            }
            catch (Exception taken) when (taken is IOException or SocketException)
            {
                // A second `up` on this machine takes the next port, and Windows reserves ranges. A port that was named is not replaced.
                if (options.Port is not null || attempt == MaxPorts)
                {
                    throw new UsageException($"The page can't listen at {options.Address}:{port}: {taken.Message.TrimEnd('.')}. Give another --port, or 0 for any free one.", taken);
                }
            }
        }
    }

    /// <summary>A line with the page's address, for people.</summary>
    public static string AddressLine(CaptionerWeb web, WebOptions options) =>
        $"The page is at {new Uri(web.Address, options.Token is { } token ? $"/?token={Uri.EscapeDataString(token)}" : "/")}";

    /// <summary>File of the search index of a store. Local stores share an address, so their folder counts too.</summary>
    public static string IndexPathOf(StoreSession store)
    {
        var container = $"{store.Storage.Images.Uri.AbsoluteUri} {store.DataDirectory}";
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(container)))[..16];
        return Path.Combine(AzuriteInstall.CacheRoot, "index", name + ".db");
    }
}
