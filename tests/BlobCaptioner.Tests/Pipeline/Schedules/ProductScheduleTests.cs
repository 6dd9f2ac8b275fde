using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline.Products;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Schedules;

/// <summary>Schedules in which a product's views change while something is wanted of the product.</summary>
public sealed class ProductScheduleTests(AzuriteFixture azurite)
{
    private const string Product = "S.product.json";

    [Theory]
    [InlineData("S-1.jpg")]
    [InlineData("S-2.jpg")]
    public async Task ScheduleI_AViewIsReplacedByTheSameBytesWhileItsProductIsDescribed_TheCaptionHolds(string view)
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", "S-2.jpg");
        pipeline.Model.Script = async (_, _) =>
        {
            if (pipeline.ProductCalls().Count > 0)
            {
                pipeline.Model.Script = null;
                await pipeline.UploadAsync(view);
            }
        };
        await pipeline.DescribeAsync();
        Assert.Null(pipeline.Model.Script);
        await pipeline.DescribeAsync();
        Assert.Equal(3, pipeline.Model.Calls.Count);
        await pipeline.AssertSettledAsync();
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    public async Task ScheduleV_AViewIsReplacedBeforeOrAfterItsProductsRedo_TheWishIsDoneWithTheNewView(bool isBefore, int seed)
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg");
        await pipeline.UploadAsync("S-2.jpg", TestPipeline.Picture());
        await pipeline.DescribeAsync();
        if (!isBefore)
        {
            Assert.Equal(1, (await pipeline.RedoAsync(Product)).Enqueued);
        }

        // Seed 0 is the same bytes once more.
        await pipeline.UploadAsync("S-2.jpg", TestPipeline.Picture(seed));
        if (isBefore)
        {
            Assert.Equal(1, (await pipeline.RedoAsync(Product)).InFlight);
        }

        // The wish's message comes before the view is taken in.
        var wish = (await pipeline.TicketAsync(Product))!.Want.Redo;
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Single(pipeline.ProductCalls());

        await pipeline.DescribeAsync();
        Assert.Equal(wish, (await pipeline.ProductAsync(Product))!.Generation.Redo);
        Assert.Equal((2, 4 + seed), (pipeline.ProductCalls().Count, pipeline.Model.Calls.Count));
        await pipeline.AssertSettledAsync();
    }
}
