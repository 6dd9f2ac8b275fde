using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Simulation.Store;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Simulation.Facts;

/// <summary>
/// What this project relies on in storage. Each fact holds on Azurite and on the simulated store, so that the model can't drift. Where Azurite isn't like Azure, the model
/// follows Azure's documentation, and the fact says both.
/// </summary>
/// <param name="azurite">The real storage; null takes the model.</param>
public abstract class StorageFacts(AzuriteFixture? azurite) : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private protected CaptionStorage Storage { get; private set; } = null!;

    /// <summary>True for the model, which follows Azure where Azurite doesn't.</summary>
    protected bool IsModel => azurite is null;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected BlobClient Blob => Storage.Images.GetBlobClient("shoes/rød 1+2%.jpg");

    public async ValueTask InitializeAsync()
    {
        var options = TestPipeline.Names() with { KeptQueue = AzuriteFixture.UniqueName("kept"), MaxRetries = 0 };
        Storage = azurite is null
            ? SimulatedStore.Connect(new DirectTransport(new(_time, new(1))), options)
            : CaptionStorage.Connect(await azurite.GetConnectionStringAsync(Cancellation), options);
        await Storage.CreateIfNotExistsAsync(Cancellation);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    /// <summary>Looks again until it is so. Storage's clock decides when: the model's is moved, Azurite's is the machine's.</summary>
    private protected async Task ComesTrueAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await (azurite is null ? Task.Run(() => _time.Advance(TimeSpan.FromMilliseconds(250)), Cancellation) : Task.Delay(50, Cancellation));
        }
    }

    /// <summary>"ok", or the error's status and code, as in "409 BlobAlreadyExists".</summary>
    private protected static async Task<string> AnswerAsync(Func<Task> request)
    {
        try
        {
            await request();
            return "ok";
        }
        catch (RequestFailedException error)
        {
            return $"{error.Status} {error.ErrorCode}";
        }
    }

    private protected static async Task<ETag> PutAsync(
        BlobClient blob, string content, BlobRequestConditions? conditions = null, Dictionary<string, string>? metadata = null) =>
        (await blob.UploadAsync(BinaryData.FromString(content), new BlobUploadOptions { Conditions = conditions, Metadata = metadata }, Cancellation)).Value.ETag;
}
