using System.Net;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Cli;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Worker;

/// <summary>The GPU worker's host without its GPU: real Kestrel, real settings, a model of the test's.</summary>
internal sealed class WorkerApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http = new();

    private WorkerApp(WebApplication app) => _app = app;

    public WorkerState State => _app.Services.GetRequiredService<WorkerState>();

    public static async Task<WorkerApp> StartAsync(string connection, StorageOptions names, CaptionModelFactory load, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
        [
            new("CaptionStorage", connection), new("Storage:ImagesContainer", names.ImagesContainer), new("Storage:PreparedContainer", names.PreparedContainer),
            new("Storage:CaptionsQueue", names.CaptionsQueue), new("Storage:PoisonQueue", names.PoisonQueue), new("Queue:MaxPoll", "00:00:00.05"),
            .. settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)),
        ]);
        builder.Services.AddCaptionWorker(builder.Configuration, _ => load);
        var app = builder.Build();
        app.MapCaptionerHealth();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app);
    }

    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(_app.Urls.Single() + path), TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public Task BecomesAsync(string path, HttpStatusCode status, string body) =>
        Eventually.TrueAsync(async () => await GetAsync(path) == (status, body), $"{path} says {status} {body}");

    /// <summary>What SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    /// <summary>Until the host has been stopped by whomever.</summary>
    public Task EndsAsync() => _app.WaitForShutdownAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
