using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using Xunit;
using static BlobCaptioner.Tests.Inference.ScriptedEngine;

namespace BlobCaptioner.Tests.Inference;

/// <summary>Several pictures in one prompt.</summary>
public sealed class ViewsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<Caption> Describe(ScriptedEngine engine, params PixelImage[] images) =>
        engine.Batcher.DescribeAsync(RequestOf(engine.Plan, "SKU"), engine.Plan, images, Cancel);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Describe_FourViewsAmongSinglePictures_AreLaidOutOneAfterTheOther(int slots)
    {
        var decoder = new ScriptedDecoder(Words).Writing(ScriptedEngine.Answer);
        await using var engine = new ScriptedEngine(decoder, new BatcherOptions { Slots = slots, EncodeAhead = 0 });
        var views = Enumerable.Range(0, 6).Select(i => Describe(engine, Picture(i, 4), Picture(100, 3), Picture(101, 5), Picture(102, 1)));
        var singles = Enumerable.Range(10, 6).Select(i => Describe(engine, Picture(i, 4)));
        var captions = await Task.WhenAll(views.Concat(singles));
        Assert.Equal(Enumerable.Range(0, 6).Concat(Enumerable.Range(10, 6)).Select(ScriptedEngine.Answer), captions.Select(Json));
        Assert.Equal(13, captions[0].Usage.ImageTokens);
        Assert.Equal(4, captions[^1].Usage.ImageTokens);
        Assert.Equal(captions[^1].Usage.PromptTokens + (3 * engine.Plan.BetweenImages.Count), captions[0].Usage.PromptTokens);
        Assert.Equal((0, 0), (engine.Batcher.Snapshot().SlotsInUse, engine.Batcher.Snapshot().CellsReserved));
    }

    [Fact]
    public async Task Describe_SecondViewCannotBeEncoded_ErrorSaysWhichAndOthersGoOn()
    {
        var decoder = new ScriptedDecoder(Words).Writing(ScriptedEngine.Answer);
        decoder.OnEncode = picture =>
        {
            if (picture == 66)
            {
                throw new SequenceDecoderException("no such shape");
            }
        };
        await using var engine = new ScriptedEngine(decoder);
        var broken = Describe(engine, Picture(1, 4), Picture(66, 4));
        var error = await Assert.ThrowsAsync<CaptionException>(() => broken);
        Assert.Contains("picture 2 of 2", error.Message, StringComparison.Ordinal);
        Assert.Equal(ScriptedEngine.Answer(5), await engine.Write(5));
    }
}
