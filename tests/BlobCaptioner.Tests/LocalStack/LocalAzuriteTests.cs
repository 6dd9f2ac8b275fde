using Azure.Storage.Blobs;
using BlobCaptioner.Cli.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.LocalStack;

public sealed class LocalAzuriteTests(AzuriteFixture fixture)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OpenAsync_AnotherOwnsTheFolder_AttachesAndLeavesItRunning()
    {
        var folder = fixture.CreateFolder();
        await using var owner = await OpenAsync(folder);
        Assert.True(owner.IsOwner);
        await using (var attached = await OpenAsync(folder))
        {
            Assert.False(attached.IsOwner);
            Assert.Equal(owner.ConnectionString, attached.ConnectionString);
        }

        await new BlobContainerClient(owner.ConnectionString, "images").CreateAsync(cancellationToken: Cancellation);
    }

    [Fact]
    public async Task OpenAsync_ManyAtOnce_OneOwnsAndAllShareIt()
    {
        var folder = fixture.CreateFolder();
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAsync(folder)));
        try
        {
            Assert.Single(all, a => a.IsOwner);
            Assert.Single(all.Select(a => a.ConnectionString).Distinct(StringComparer.Ordinal));
        }
        finally
        {
            foreach (var azurite in all)
            {
                await azurite.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task DisposeAsync_ByTheOwner_LetsTheNextOneStartOnTheSameData()
    {
        var folder = fixture.CreateFolder();
        await using (var first = await OpenAsync(folder))
        {
            await new BlobContainerClient(first.ConnectionString, "images").CreateAsync(cancellationToken: Cancellation);
        }

        await using var second = await OpenAsync(folder);
        Assert.True(second.IsOwner);
        Assert.True((await new BlobContainerClient(second.ConnectionString, "images").ExistsAsync(Cancellation)).Value);
    }

    private static Task<LocalAzurite> OpenAsync(string folder) =>
        LocalAzurite.OpenAsync(folder, progress: null, TimeProvider.System, Cancellation);
}
