using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Exports;

/// <summary>On a real Azurite.</summary>
public sealed class RecordListingTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_RecordsAmongOtherFiles_StreamsThemInNameOrder()
    {
        var images = await azurite.CreateContainerAsync("images", Cancellation);
        var names = Enumerable.Range(0, 50).Select(i => $"shoes/{i:00} ü.jpg").ToList();
        await Task.WhenAll(names.Select(name => UploadAsync(name + ".json", CaptionStore.Serialize(TestRecords.Described(name)))));
        await UploadAsync("shoes/00 ü.jpg", new("a picture"));
        await UploadAsync("shoes/notes.json", new("{\"mine\":true}"));
        await UploadAsync("shoes/broken.jpg.json", new("{"));
        await UploadAsync("shoes/copied.jpg.json", CaptionStore.Serialize(TestRecords.Described("shoes/00 ü.jpg")));
        await UploadAsync("shoes/_captioner.json", CaptionStore.Serialize(TestRecords.Described("shoes/_captioner")));
        await UploadAsync("shoes/zz.jpg.json", CaptionStore.Serialize(TestRecords.Without("shoes/zz.jpg", RecordStatus.Failed)));
        await UploadAsync("shoes/SKU.product.json", CaptionStore.Serialize(TestRecords.Described("shoes/SKU-1.jpg") with { Product = new("SKU", ["shoes/SKU-1.jpg"]) }));
        var listing = new RecordListing(images);

        Assert.Equal([.. names.Select(n => n + ".json"), "shoes/SKU.product.json", "shoes/zz.jpg.json"], await NamesAsync(null, null));
        Assert.Equal(["shoes/zz.jpg.json"], await NamesAsync(null, RecordStatus.Failed));
        Assert.Equal(10, (await NamesAsync("shoes/1", RecordStatus.Described)).Count);
        Assert.Null(await listing.FindAsync("nothing.json", Cancellation));

        async Task UploadAsync(string name, BinaryData content) => await images.UploadBlobAsync(name, content, Cancellation);

        async Task<List<string>> NamesAsync(string? prefix, RecordStatus? status)
        {
            var found = new List<string>();
            await foreach (var record in listing.ReadAsync(prefix, status, Cancellation))
            {
                found.Add(record.BlobName);
            }

            return found;
        }
    }

    [Fact]
    public async Task ReadAsync_ReaderStopsEarly_LeavesNothingRunning()
    {
        var images = await azurite.CreateContainerAsync("images", Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => images.UploadBlobAsync($"{i:00}.jpg.json", CaptionStore.Serialize(TestRecords.Described($"{i:00}.jpg")), Cancellation)));
        await foreach (var record in new RecordListing(images).ReadAsync(null, null, Cancellation))
        {
            Assert.Equal("00.jpg", record.Record.Image.Name);
            break;
        }
    }
}
