using System.Net;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Validation;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Endpoints;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Live;
using BlobCaptioner.Web.Pictures;
using BlobCaptioner.Web.Records;
using BlobCaptioner.Web.Security;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Web;

/// <summary>The page and its API, on its own Kestrel server.</summary>
public sealed class CaptionerWeb : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RecordIndex _index;
    private readonly IndexSync _sync;
    private readonly LiveFeed _feed;
    private readonly BatchMonitor _batch;
    private readonly Thumbnails _thumbnails;
    private readonly TryGate _gate;
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;

    private CaptionerWeb(WebApplication app, RecordIndex index, IndexSync sync, LiveFeed feed, BatchMonitor batch, Thumbnails thumbnails, TryGate gate) =>
        (_app, _index, _sync, _feed, _batch, _thumbnails, _gate) = (app, index, sync, feed, batch, thumbnails, gate);

    /// <summary>The page's address, with the actual port.</summary>
    public Uri Address { get; private set; } = new("http://localhost");

    /// <summary>Starts the server.</summary>
    /// <param name="context">Store, model and settings.</param>
    /// <param name="options">Address and access.</param>
    /// <param name="logging">For failures.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of range. The message says which.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port is reserved by the system or not allowed for this user.</exception>
    public static async Task<CaptionerWeb> StartAsync(WebContext context, WebOptions options, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        new WebOptionsValidator().Require(options);
        var log = logging.CreateLogger<CaptionerWeb>();
        var index = new RecordIndex(options.IndexPath, context.Storage.Images.Uri.AbsoluteUri);
        var feed = new LiveFeed(context.Time);
        var batch = new BatchMonitor(context.Storage, feed, context.Time, context.Cap);
        var sync = new IndexSync(context.Storage, index, feed, batch, options, context.Time, log);
        var thumbnails = new Thumbnails(context);
        var gate = new TryGate(options, context.Time);
        var web = new CaptionerWeb(Build(context, options, logging, log, index, feed, batch, sync, thumbnails, gate), index, sync, feed, batch, thumbnails, gate);
        try
        {
            await web._app.StartAsync(cancellationToken);
        }
        catch
        {
            await web.DisposeAsync();
            throw;
        }

        var bound = new Uri(web._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

        // "localhost" need not mean ::1 or 127.0.0.2.
        web.Address = IPAddress.Loopback.Equals(options.ListenAddress) ? new UriBuilder("http", "localhost", bound.Port).Uri : bound;
        web._background = Task.WhenAll(Task.Run(() => sync.RunAsync(web._stop.Token), CancellationToken.None), feed.RunAsync(web._stop.Token), batch.RunAsync(web._stop.Token));
        return web;
    }

    /// <summary>Shows an event of the pipeline in this process on the pages at once. Thread-safe.</summary>
    public void OnEvent(PipelineEvent step)
    {
        ArgumentNullException.ThrowIfNull(step);
        _feed.OnEvent(step);
        if (step.Record is { } record)
        {
            _batch.Count(record);
            _sync.Update(record, "");
        }
        else if (step.Kind == PipelineEventKind.Uploaded)
        {
            _sync.Wake();
        }
    }

    /// <summary>Stops the server and closes the event streams.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
        _thumbnails.Dispose();
        _gate.Dispose();
        _sync.Dispose();
        _index.Dispose();
        _stop.Dispose();
    }

    private static WebApplication Build(
        WebContext context, WebOptions options, ILoggerFactory logging, ILogger log, RecordIndex index, LiveFeed feed, BatchMonitor batch, IndexSync sync, Thumbnails thumbnails, TryGate gate)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 2_000_000;
            kestrel.Listen(options.ListenAddress!, options.Port ?? WebOptions.DefaultPort);
        });
        builder.Services.AddSingleton(logging);
        builder.Services.AddRoutingCore();
        builder.Services.AddResponseCompression(o =>
        {
            // Safe from BREACH: tokens are in cookies and headers only, never in a body.
            o.EnableForHttps = true;
            o.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"];
        });
        builder.Services.ConfigureHttpJsonOptions(o => WebJson.ConfigureRequests(o.SerializerOptions));

        // ProblemResponses then says what is wrong with a body or a parameter.
        builder.Services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        builder.Services.AddOpenApi("v1", o => o.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new() { Title = "BlobCaptioner", Version = "v1", Description = "Product pictures in, product copy out. The page at / uses only this API." };
            document.Servers = [];
            return Task.CompletedTask;
        }));
        var app = builder.Build();
        var (guard, failures) = (new RequestGuard(options), new ProblemResponses(log));
        app.Use(next => http => ResponseHeaders.InvokeAsync(http, next));
        app.Use(next => http => failures.InvokeAsync(http, next));
        app.Use(next => http => http.Request.Path == "/healthz/live" ? http.Response.Body.WriteAsync("ok"u8.ToArray()).AsTask() : guard.InvokeAsync(http, next));
        app.UseResponseCompression();
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "openapi";
            ui.DocumentTitle = "BlobCaptioner API";
            ui.SwaggerEndpoint("/openapi/v1.json", "v1");
        });
        app.UseRouting();
        app.MapOpenApi();
        var api = app.MapGroup("/api");
        StatusEndpoint.Map(api, context, guard, sync, batch);
        WhyEndpoint.Map(api, context);
        GalleryEndpoints.Map(api, context, index, feed, thumbnails);
        RecordEndpoints.Map(api, new RecordEditor(context, index, sync), guard);
        UploadEndpoints.Map(api, context, sync);
        TryEndpoints.Map(api, context, new TriedPictures(), gate);
        ProfileEndpoints.Map(api, context);
        ExportEndpoints.Map(api, context, options);
        ClientFiles.Map(app);
        return app;
    }
}
