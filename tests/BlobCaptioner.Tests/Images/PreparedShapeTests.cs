using BlobCaptioner.Images;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class PreparedShapeTests
{
    [Theory]
    [InlineData(128, 128, 576, 128, 128)]
    [InlineData(100, 100, 576, 96, 96)]
    [InlineData(127, 129, 576, 96, 96)]
    [InlineData(1, 1, 576, 96, 96)]
    [InlineData(40, 40, 576, 96, 96)]
    [InlineData(64, 128, 576, 64, 128)]
    [InlineData(4000, 3000, 576, 864, 640)]
    [InlineData(3000, 4000, 576, 640, 864)]
    [InlineData(6000, 4000, 576, 928, 608)]
    [InlineData(1920, 1080, 576, 1024, 576)]
    [InlineData(768, 768, 576, 768, 768)]
    [InlineData(10000, 10000, 576, 768, 768)]
    [InlineData(800, 600, 576, 768, 576)]
    [InlineData(4000, 3000, 8, 128, 64)]
    public void Fit_KnownPicture_GivesTheDocumentedShape(int width, int height, int budget, int expectedWidth, int expectedHeight)
    {
        var shape = PreparedShape.Fit(width, height, budget);
        Assert.Equal((expectedWidth, expectedHeight), (shape.Width, shape.Height));
    }

    [Fact]
    public void Fit_AnyPicture_KeepsItsPromises()
    {
        var cases = from width in Gen.Choose(1, 12000)
                    from percent in Gen.Choose(50, 20000)
                    from budget in Gen.Choose(PreparedShape.MinTokens, 1024)
                    select (Width: width, Height: Math.Max(1, width * 100 / percent), Budget: budget);
        Prop.ForAll(cases.ToArbitrary(), c => Check(c.Width, c.Height, c.Budget) && Check(c.Height, c.Width, c.Budget))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static bool Check(int width, int height, int budget)
    {
        var shape = PreparedShape.Fit(width, height, budget);
        var story = $"{width}x{height} in {budget}: {shape}";
        Assert.True(shape.Width % 32 == 0 && shape.Height % 32 == 0, story);
        Assert.True(shape.Tokens >= 8 && shape.Tokens <= budget, story);
        Assert.True(shape.ContentWidth >= 1 && shape.ContentWidth <= shape.Width, story);
        Assert.True(shape.ContentHeight >= 1 && shape.ContentHeight <= shape.Height, story);

        double longSide = Math.Max(width, height), shortSide = Math.Max(Math.Min(width, height), longSide / PreparedShape.PaddedRatio);
        if (longSide * shortSide >= 16 * 1024 && budget >= 32)
        {
            // big enough for a choice: never more pixels than the picture has, never half a block off its aspect
            Assert.True((long)shape.Width * shape.Height <= longSide * shortSide, "enlarged: " + story);
            var ideal = Math.Max(shape.Width, shape.Height) * shortSide / longSide;
            Assert.True(Math.Abs(Math.Min(shape.Width, shape.Height) - ideal) <= 16.001, "distorted: " + story);
        }

        return true;
    }
}
