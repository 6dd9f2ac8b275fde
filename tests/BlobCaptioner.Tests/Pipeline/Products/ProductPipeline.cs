using BlobCaptioner.Profiles;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Products;

/// <summary>Pipelines whose profile groups views.</summary>
internal static class ProductPipeline
{
    /// <summary>Each view an alt text; the product a category and a title.</summary>
    public static Profile Grouped => TestPipeline.Profile with
    {
        Name = "grouped",
        Grouping = ProfileGrouping.Sku,
        Fields =
        [
            TestPipeline.Profile.Fields.Single(f => f.Name == "category"),
            TestPipeline.Profile.Fields.Single(f => f.Name == "title"),
            new() { Name = "alt_text", Kind = FieldKind.Text, MaxCharacters = 125, PerView = true },
        ],
    };

    public static async Task<TestPipeline> CreateAsync(AzuriteFixture azurite, ProfileGrouping grouping = ProfileGrouping.Sku)
    {
        var pipeline = await TestPipeline.CreateAsync(azurite);
        pipeline.Basis = Grouped with { Grouping = grouping };
        pipeline.FolderFiles = new(pipeline.Storage, maxAge: TimeSpan.Zero);
        return pipeline;
    }

    /// <summary>Uploads pictures that all differ.</summary>
    public static async Task UploadAsync(this TestPipeline pipeline, params string[] names)
    {
        foreach (var name in names)
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(Seed(name)));
        }
    }

    public static Task CatalogAsync(this TestPipeline pipeline, string name, string csv) =>
        pipeline.UploadAsync(name, System.Text.Encoding.UTF8.GetBytes(csv));

    /// <summary>Sweeps and works until nothing is left.</summary>
    public static async Task DescribeAsync(this TestPipeline pipeline)
    {
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
    }

    /// <summary>The pictures of each call that was about a product.</summary>
    public static IReadOnlyList<string> ProductCalls(this TestPipeline pipeline) =>
        [.. pipeline.Model.Requests.Where(r => r.Profile.Fields.Any(f => f.Name == "title")).Select(r => string.Join(' ', r.Images))];

    /// <summary>What is left when all is done: a sweep that does nothing, an empty queue and no ticket.</summary>
    public static async Task AssertSettledAsync(this TestPipeline pipeline)
    {
        var last = await pipeline.SweepAsync();
        Assert.Equal((0, 0, 0, 0, 0), (last.Enqueued, last.InFlight, last.Products, last.ProductsInFlight, last.Errors));
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    private static int Seed(string name) => name.Aggregate(17, (sum, c) => ((sum * 31) + c) % 5000);
}
