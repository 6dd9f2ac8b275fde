using System.Net;
using System.Net.Http.Json;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Records;
using BlobCaptioner.Web.Api;
using Xunit;

namespace BlobCaptioner.Tests.Web;

/// <summary>The gallery over records that somebody broke.</summary>
public sealed class BrokenRecordTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gallery_BrokenRecordsAmongGoodOnes_ShowsWhatIsWrongAndAllOthers()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        string[] names = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"];
        foreach (var name in names)
        {
            await host.UploadAsync(name, TestPipeline.Picture());
        }

        await host.UploadAsync("a.jpg.json", Broken("a.jpg", "\"flags\": []", "\"flags\": [null]"));
        await host.UploadAsync("b.jpg.json", Broken("b.jpg", "\"review\": null", "\"review\": {\"edits\": {\"copy\": {\"en\": {}, \"en\": {}}}}"));
        await host.UploadAsync("c.jpg.json", await WholeAsync("c.jpg"));
        await host.UploadAsync("S.product.json", Broken("d.jpg", "\"flags\": []", "\"flags\": 7"));
        PicturePage page = null!;
        await Eventually.TrueAsync(async () => (page = await PicturesAsync()).Items.Count == 5 && page.States.GetValueOrDefault(PictureState.Described) == 1, "all cards");
        Assert.Equal(
            [("S.product.json", PictureState.Failed), ("a.jpg", PictureState.Failed), ("b.jpg", PictureState.Failed), ("c.jpg", PictureState.Described), ("d.jpg", PictureState.Waiting)],
            page.Items.Select(i => (i.Name, i.State)));
        Assert.Contains("'a.jpg.json'", page.Items[1].Problem, StringComparison.Ordinal);
        Assert.Contains("flags", page.Items[1].Problem, StringComparison.Ordinal);

        // Later changes are seen, and so is a repaired record.
        await host.UploadAsync("a.jpg.json", await WholeAsync("a.jpg"));
        await host.UploadAsync("e.jpg", TestPipeline.Picture());
        await Eventually.TrueAsync(async () => (page = await PicturesAsync()).Items.Count == 6 && page.States[PictureState.Described] == 2, "the mended one and the new one");

        var refused = await host.ReviewAsync("b.jpg", "0x1", "approved", "Bo");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("record-broken", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        async Task<PicturePage> PicturesAsync() => (await host.Client.GetFromJsonAsync<PicturePage>("/api/pictures", WebJson.Options, Cancel))!;

        async Task<byte[]> WholeAsync(string name)
        {
            var etag = await host.Store.GetImageETagAsync(name, Cancel);
            var record = TestRecords.Described(name, ("title", "Red mug"));
            return CaptionStore.Serialize(record with { Image = record.Image with { ETag = etag! } }).ToArray();
        }
    }

    private static byte[] Broken(string name, string was, string now)
    {
        var text = CaptionStore.Serialize(TestRecords.Described(name)).ToString();
        Assert.Contains(was, text, StringComparison.Ordinal);
        return new BinaryData(text.Replace(was, now, StringComparison.Ordinal)).ToArray();
    }
}
