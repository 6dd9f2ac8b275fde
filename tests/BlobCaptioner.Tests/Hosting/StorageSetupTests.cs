using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Queueing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BlobCaptioner.Tests.Hosting;

public sealed class StorageSetupTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StartAsync_EmptyAccount_CreatesContainersAndQueuesAndMayBeRepeated()
    {
        var storage = CaptionStorage.Connect(await azurite.GetConnectionStringAsync(Cancellation), TestPipeline.Names());
        await new StorageSetup(storage, NullLogger<StorageSetup>.Instance).StartAsync(Cancellation);
        await new StorageSetup(storage, NullLogger<StorageSetup>.Instance).StartAsync(Cancellation);
        Assert.True((await storage.Images.ExistsAsync(Cancellation)).Value && (await storage.Prepared.ExistsAsync(Cancellation)).Value);
        Assert.True((await storage.Captions.ExistsAsync(Cancellation)).Value && (await storage.Poison.ExistsAsync(Cancellation)).Value);
    }

    [Fact]
    public async Task StartAsync_StorageAway_LetsTheAppStart()
    {
        var nobody = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a";
        var storage = CaptionStorage.Connect(nobody, TestPipeline.Names() with { MaxRetries = 0 });
        await new StorageSetup(storage, NullLogger<StorageSetup>.Instance).StartAsync(Cancellation);
    }
}
