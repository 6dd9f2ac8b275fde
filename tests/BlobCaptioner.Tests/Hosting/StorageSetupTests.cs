using Azure.Identity;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Profiles;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
    public async Task AddCaptionFunctions_AccountKey_AsksOnceForEachContainerAndQueue()
    {
        var requests = new RequestLog();
        var names = TestPipeline.Names();
        var storage = CaptionStorage.Connect(await azurite.GetConnectionStringAsync(Cancellation), names, requests);
        await StartFunctionsAsync(storage);
        string[] all = [names.ImagesContainer, names.PreparedContainer, names.CaptionsQueue, names.IntakeQueue, names.PoisonQueue];
        Assert.Equal(all.Select(name => $"PUT 201 {name}").Order(StringComparer.Ordinal), requests.Take().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AddCaptionFunctions_Identity_AsksForNothingThatItsRolesLack()
    {
        var requests = new RequestLog();
        var storage = CaptionStorage.Connect(
            new("https://shop.blob.core.windows.net"), new("https://shop.queue.core.windows.net"), new DefaultAzureCredential(), TestPipeline.Names(), requests);
        await StartFunctionsAsync(storage);
        Assert.Empty(requests.Take());
    }

    [Fact]
    public async Task StartAsync_StorageAway_LetsTheAppStart()
    {
        var nobody = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:1/a";
        var storage = CaptionStorage.Connect(nobody, TestPipeline.Names() with { MaxRetries = 0 });
        await new StorageSetup(storage, NullLogger<StorageSetup>.Instance).StartAsync(Cancellation);
    }

    private static async Task StartFunctionsAsync(CaptionStorage storage)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("Sweep:Schedule", "0 */15 * * * *"), new("BlobTrigger:Source", "EventGrid")]).Build();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(storage).AddCaptionFunctions(settings).BuildServiceProvider();
        foreach (var service in services.GetServices<IHostedService>())
        {
            await service.StartAsync(Cancellation);
        }
    }
}
