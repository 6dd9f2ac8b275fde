using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Web;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Starts the page for a command.</summary>
internal static class WebSession
{
    private const int MostPorts = 20;

    /// <summary>Starts it.</summary>
    /// <param name="choice">Where, and for whom.</param>
    /// <param name="store">The store.</param>
    /// <param name="model">Describes what is tried; null where there is no model.</param>
    /// <param name="preparer">Prepares pictures.</param>
    /// <param name="images">Their limits.</param>
    /// <param name="profile">What is written where no folder says anything.</param>
    /// <param name="onUpload">Told each picture that is uploaded; null for nobody.</param>
    /// <param name="logging">For failures.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UsageException">The port that was asked for is taken.</exception>
    public static async Task<CaptionerWeb> StartAsync(
        WebChoice choice, StoreSession store, ICaptionModel? model, ImagePreparer preparer, ImageOptions images, Profile profile, Action<string>? onUpload,
        ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var context = new WebContext(store.Storage, preparer, images, model, profile, TimeProvider.System) { OnUpload = onUpload };
        var port = choice.Port ?? WebChoice.UsualPort;
        for (var attempt = 1; ; attempt++, port++)
        {
            var options = new WebOptions
            {
                Address = choice.Address,
                Port = port,
                Hosts = choice.Hosts,
                Token = choice.Token,
                PlatformSignIn = choice.PlatformSignIn,
                IndexPath = IndexPath(store),
            };
            try
            {
                return await CaptionerWeb.StartAsync(context, options, logging, cancellationToken);
            }
            catch (Exception taken) when (taken is IOException or SocketException)
            {
                // A second `up` on this machine takes the next one, and Windows keeps ranges to itself; a port that somebody named is theirs or none.
                if (choice.Port is not null || attempt == MostPorts)
                {
                    throw new UsageException($"The page can't listen at {choice.Address}:{port}: {taken.Message.TrimEnd('.')}. Give another --port, or 0 for any.", taken);
                }
            }
        }
    }

    /// <summary>The line that tells where it is.</summary>
    public static string Where(CaptionerWeb web, WebChoice choice) =>
        $"The page is at {new Uri(web.Address, choice.Token is { } token ? $"/?token={Uri.EscapeDataString(token)}" : "/")}";

    // All local stores have the same address.
    private static string IndexPath(StoreSession store)
    {
        var container = $"{store.Storage.Images.Uri.AbsoluteUri} {store.DataDirectory}";
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(container)))[..16];
        return Path.Combine(AzuriteInstall.CacheRoot, "index", name + ".db");
    }
}
