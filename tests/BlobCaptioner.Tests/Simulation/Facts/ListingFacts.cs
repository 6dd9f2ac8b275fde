using Azure.Storage.Blobs.Models;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Simulation.Facts;

public abstract class ListingFacts(AzuriteFixture? azurite) : StorageFacts(azurite)
{
    [Fact]
    public async Task List_WithMetadata_HasEachBlobsOwnInNameOrder()
    {
        foreach (var name in new[] { "b.jpg", "a/z.jpg", "a.jpg", "a.jpg.json", "B.jpg", "a & <b> 'é 日.jpg" })
        {
            await PutAsync(Storage.Images.GetBlobClient(name), name, metadata: new() { ["of"] = Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(name)) });
        }

        var listed = await Storage.Images.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(["B.jpg", "a & <b> 'é 日.jpg", "a.jpg", "a.jpg.json", "a/z.jpg", "b.jpg"], listed.Select(b => b.Name));
        foreach (var blob in listed)
        {
            Assert.Equal(Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(blob.Name)), blob.Metadata["of"]);
            BlobProperties seen = await Storage.Images.GetBlobClient(blob.Name).GetPropertiesAsync(cancellationToken: Cancellation);
            Assert.Equal(seen.ETag.ToString().Trim('"'), blob.Properties.ETag.ToString()!.Trim('"'));
            Assert.Equal(seen.LastModified, blob.Properties.LastModified);
            Assert.Equal(seen.ContentLength, blob.Properties.ContentLength);
        }

        var plain = await Storage.Images.GetBlobsAsync(new GetBlobsOptions(), Cancellation).ToListAsync(Cancellation);
        Assert.All(plain, b => Assert.True(b.Metadata is null or { Count: 0 }));
    }

    [Fact]
    public async Task List_InPages_GoesOnWhereItStoppedAndSeesLaterNames()
    {
        foreach (var name in new[] { "x/1", "x/2", "x/3", "x/4", "y/1" })
        {
            await PutAsync(Storage.Images.GetBlobClient(name), "a");
        }

        var (seen, token, pages) = (new List<string>(), default(string), 0);
        do
        {
            await foreach (var page in Storage.Images.GetBlobsAsync(new GetBlobsOptions { Prefix = "x/" }, Cancellation).AsPages(token, 2).Take(1))
            {
                seen.AddRange(page.Values.Select(b => b.Name));
                token = page.ContinuationToken;
                Assert.True(page.Values.Count <= 2);
            }

            if (pages++ == 0)
            {
                // before the place, and after it
                await PutAsync(Storage.Images.GetBlobClient("x/0"), "late");
                await PutAsync(Storage.Images.GetBlobClient("x/35"), "late");
                await Storage.Images.DeleteBlobAsync("x/4", cancellationToken: Cancellation);
            }
        }
        while (!string.IsNullOrEmpty(token));

        Assert.Equal(["x/1", "x/2", "x/3", "x/35"], seen);
    }

    [Fact]
    public async Task List_ByHierarchy_HasTheFoldersOwnBlobsAndItsFolders()
    {
        foreach (var name in new[] { "a/1.jpg", "a/b/2.jpg", "a/b/3.jpg", "a/c/d/4.jpg", "a/z.jpg", "b.jpg" })
        {
            await PutAsync(Storage.Images.GetBlobClient(name), "a", metadata: new() { ["k"] = "v" });
        }

        var options = new GetBlobsByHierarchyOptions { Traits = BlobTraits.Metadata, Delimiter = "/", Prefix = "a/" };
        var items = await Storage.Images.GetBlobsByHierarchyAsync(options, Cancellation).ToListAsync(Cancellation);
        Assert.Equal(["a/1.jpg", "a/z.jpg"], items.Where(i => i.IsBlob).Select(i => i.Blob.Name));
        Assert.Equal(["a/b/", "a/c/"], items.Where(i => i.IsPrefix).Select(i => i.Prefix));
        Assert.All(items.Where(i => i.IsBlob), i => Assert.Equal("v", i.Blob.Metadata["k"]));
    }

    [Fact]
    public async Task List_OfNameThatXmlCannotCarry_GivesIt()
    {
        await PutAsync(Storage.Images.GetBlobClient("good.jpg"), "a");
        await PutAsync(Storage.Images.GetBlobClient("odd\uFFFE.jpg"), "a");
        var listing = Storage.Images.GetBlobsAsync(new GetBlobsOptions(), Cancellation);

        // Azure percent-encodes the name and marks it, and the SDK decodes it. Azurite does not; ours is started so that it does, and ListingXmlPolicy repairs the rest.
        Assert.Equal(["good.jpg", "odd\uFFFE.jpg"], await listing.Select(b => b.Name).ToListAsync(Cancellation));
    }

    [Fact]
    public async Task List_MoreThan5000_ComesInPages()
    {
        // putting 5,001 blobs takes Azurite half a minute; its pages are shown by the smaller listings
        var count = IsModel ? 5001 : 3;
        for (var i = 0; i < count; i++)
        {
            await PutAsync(Storage.Images.GetBlobClient($"{i:0000}"), "a");
        }

        var pages = await Storage.Images.GetBlobsAsync(new GetBlobsOptions(), Cancellation).AsPages().Select(p => p.Values.Count).ToListAsync(Cancellation);
        Assert.Equal(IsModel ? [5000, 1] : [3], pages);
    }
}

public sealed class AzuriteListingFacts(AzuriteFixture azurite) : ListingFacts(azurite);

public sealed class SimulatedListingFacts() : ListingFacts(azurite: null);
