using BlobCaptioner.Captioning;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BlobCaptioner.Tests.Web;

/// <summary>The bundled model on the real llama.cpp, loaded as <c>captioner up</c> does, for a class of tests.</summary>
public sealed class BundledModelFixture : IAsyncLifetime
{
    private EngineSession? _session;

    public ICaptionModel Model => _session!.Model;

    /// <summary>The listing in English and German.</summary>
    public static Profile Profile => BuiltInProfiles.Default with { Languages = [new("en"), new("de")] };

    public async ValueTask InitializeAsync() => _session = await EngineSession.LoadAsync(
        new() { Model = null, Mmproj = null, Slots = null, Threads = null }, Profile, new ImageOptions(), progress: null, NullLoggerFactory.Instance, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }
    }
}
