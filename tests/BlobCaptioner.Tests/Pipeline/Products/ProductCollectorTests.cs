using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Products;

/// <summary>Products gathered out of a listing that streams by.</summary>
public sealed class ProductCollectorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_AHugeFolder_TellsEachProductBeforeTheNextButOne()
    {
        var collector = Collector(_ => []);
        var (open, most, products) = (new HashSet<string>(StringComparer.Ordinal), 0, 0);
        await foreach (var item in collector.ReadAsync(Listing(collector, skus: 20_000), Cancellation))
        {
            if (item.Image is { } image)
            {
                open.Add(image.Name[..6]);
                most = Math.Max(most, open.Count);
            }
            else
            {
                products++;
                Assert.True(open.Remove(item.Product!.Sku));
                Assert.Equal(2, item.Product.Views.Count);
                Assert.Equal(item.Product.Sku, item.Product.Receipt?.Profile);
            }
        }

        Assert.Equal((1, 19_999), (most, products));
        Assert.Equal("019999", Assert.Single(collector.Flush()).Product!.Sku);
    }

    [Fact]
    public async Task ReadAsync_ViewsThatACatalogueNames_AreGatheredUntilTheFolderEnds()
    {
        var collector = Collector(name => name.StartsWith("a/", StringComparison.Ordinal) ? ["a/m.jpg"] : []);
        string[] names = ["a/b.jpg", "a/m.jpg", "a/z.jpg", "b/b.jpg", "c.jpg"];
        var items = await collector.ReadAsync(names.Select(n => Image(n)).ToAsyncEnumerable(), Cancellation).ToListAsync(Cancellation);
        Assert.Equal(["a/b.jpg", "a/m.jpg", "a/z.jpg", "-X", "b/b.jpg", "-X", "c.jpg"], items.Select(i => i.Image?.Name ?? $"-{i.Product!.Sku}"));
        Assert.Equal(3, items[3].Product!.Views.Count);
        Assert.Equal(["c.jpg"], collector.Flush().SelectMany(i => i.Product!.Views).Select(v => v.Image.Name));
    }

    private static async IAsyncEnumerable<ListedImage> Listing(ProductCollector collector, int skus)
    {
        for (var i = 0; i < skus; i++)
        {
            // As storage lists them: SKU-1.jpg, SKU-1.jpg.json, SKU-2.jpg, SKU-2.jpg.json, SKU.product.json.
            await Task.CompletedTask;
            yield return Image($"{i:000000}-1.jpg");
            yield return Image($"{i:000000}-2.jpg");
            collector.AddRecord(
                $"{i:000000}.product.json",
                new() { Status = RecordStatus.Described, SourceETag = "", Fingerprint = "", ProfileVersion = "", ModelHash = "", Preparation = "", Profile = $"{i:000000}" });
        }
    }

    private static ListedImage Image(string name) => new(name, "etag", LastModified: null, HasRecord: false, Receipt: null);

    private static ProductCollector Collector(Func<string, IReadOnlyList<string>> siblings)
    {
        var profile = ProductPipeline.Grouped;
        return new(
            (name, basis, _, _) => new(ResolvedProfile.Of(basis, sku: char.IsDigit(name[0]) ? name[..6] : "X") with { Siblings = siblings(name) }),
            profile);
    }
}
