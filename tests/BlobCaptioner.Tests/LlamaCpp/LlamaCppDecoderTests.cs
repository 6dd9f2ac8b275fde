using System.Text;
using BlobCaptioner.Inference;
using Xunit;

namespace BlobCaptioner.Tests.LlamaCpp;

public sealed class LlamaCppDecoderTests(NativeLibrariesFixture natives)
{
    [Theory]
    [InlineData("A red mug, 100 % ceramic.")]
    [InlineData("naïve – 杯子 🫖")]
    [InlineData("{\"title\":\"x\"}\n\t")]
    public async Task Tokenize_PlainText_RoundTripsThroughTokenBytes(string text)
    {
        using var decoder = await natives.LoadSampleAsync();

        var bytes = decoder.Tokenize(text, parseSpecial: false).SelectMany(t => decoder.GetTokenBytes(t).ToArray()).ToArray();

        Assert.Equal(text, Encoding.UTF8.GetString(bytes));
        Assert.Empty(decoder.Tokenize("", parseSpecial: true));
    }

    [Fact]
    public async Task Tokenize_ChatMarkup_IsControlTokensOnlyWhereAsked()
    {
        using var decoder = await natives.LoadSampleAsync();

        var end = Assert.Single(decoder.Tokenize("<|im_end|>", parseSpecial: true));

        Assert.True(decoder.IsEndOfGeneration(end));
        Assert.Equal(0, decoder.GetTokenBytes(end).Length);
        var asText = decoder.Tokenize("<|im_end|>", parseSpecial: false);
        Assert.DoesNotContain(end, asText);
        Assert.DoesNotContain(asText, decoder.IsEndOfGeneration);
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.GetTokenBytes(decoder.Info.VocabularySize));
    }

    [Fact]
    public async Task FormatChat_WithAndWithoutSystem_LaysOutTheModelsMarkup()
    {
        using var decoder = await natives.LoadSampleAsync();

        var without = decoder.FormatChat("", "Describe <__picture__> it.");
        var with = decoder.FormatChat("Be brief.", "Describe it.");

        Assert.Equal("<|im_start|>user\nDescribe <__picture__> it.", without.Before);
        Assert.Equal("<|im_end|>\n<|im_start|>assistant\n", without.After);
        Assert.Equal("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nDescribe it.", with.Before);
        Assert.Equal(without.After, with.After);
    }

    [Fact]
    public async Task FormatChat_LongText_IsNotCut()
    {
        using var decoder = await natives.LoadSampleAsync();
        var system = new string('é', 20_000);

        Assert.Contains(system, decoder.FormatChat(system, "x").Before, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncodeImage_128Square_Has16TokensOnAGrid()
    {
        using var decoder = await natives.LoadSampleAsync();

        var image = decoder.EncodeImage(DrawnPicture.RedBottle());

        Assert.Equal(16, image.TokenCount);
        Assert.Equal(4, image.PositionCount);
        Assert.Equal(0, image.Embeddings.Length % 16);
        var planes = image.RelativePositions.ToArray().Chunk(16).ToArray();
        Assert.Equal(4, planes.Length);
        Assert.All(planes[0], t => Assert.Equal(0, t));
        Assert.Equal(Enumerable.Range(0, 16).Select(i => i / 4), planes[1]);
        Assert.Equal(Enumerable.Range(0, 16).Select(i => i % 4), planes[2]);
        Assert.All(planes[3], z => Assert.Equal(0, z));
    }

    [Fact]
    public async Task EncodeImage_Wide_AdvancesByTheLongerSide()
    {
        using var decoder = await natives.LoadSampleAsync();

        var image = decoder.EncodeImage(DrawnPicture.RedBottle(256, 96));

        Assert.Equal(8 * 3, image.TokenCount);
        Assert.Equal(8, image.PositionCount);
    }

    [Fact]
    public async Task EncodeImage_WhileAnotherThreadDecodes_GivesTheSameEmbeddings()
    {
        using var decoder = await natives.LoadSampleAsync();
        var alone = decoder.EncodeImage(DrawnPicture.RedBottle());
        var other = decoder.EncodeImage(DrawnPicture.BlueLamp());
        var driver = new DecoderDriver(decoder, 0);

        var encoding = Task.Run(() => Enumerable.Range(0, 10).Select(_ => decoder.EncodeImage(DrawnPicture.RedBottle())).ToList(), TestContext.Current.CancellationToken);
        while (!encoding.IsCompleted && driver.Position < 4000)
        {
            driver.Text([30]);
        }

        Assert.All(await encoding, e => Assert.Equal(alone.Embeddings.ToArray(), e.Embeddings.ToArray()));
        Assert.NotEqual(alone.Embeddings.ToArray(), other.Embeddings.ToArray());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3000, 1)]
    [InlineData(1, 700)]
    [InlineData(101, 67)]
    public async Task EncodeImage_OddShape_IsEncodedOrRefusedWithAReason(int width, int height)
    {
        using var decoder = await natives.LoadSampleAsync();

        var error = Record.Exception(() => Assert.True(decoder.EncodeImage(DrawnPicture.RedBottle(width, height)).TokenCount > 0));

        if (error is not null)
        {
            Assert.IsType<SequenceDecoderException>(error);
            Assert.Contains($"{width} x {height} px", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(16, decoder.EncodeImage(DrawnPicture.RedBottle()).TokenCount);
    }

    [Fact]
    public async Task EncodeImage_BytesDontFitTheShape_SaysHowManyDo()
    {
        using var decoder = await natives.LoadSampleAsync();

        var error = Assert.Throws<ArgumentException>(() => decoder.EncodeImage(new() { Width = 32, Height = 32, Rgb = new byte[100] }));

        Assert.Contains("3,072", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncodeImage_TokenLimits_AreKept()
    {
        using var decoder = await natives.LoadSampleAsync(o => o with { ImageMinTokens = 16, ImageMaxTokens = 36 });

        Assert.InRange(decoder.EncodeImage(DrawnPicture.RedBottle(64, 64)).TokenCount, 16, 36);
        Assert.InRange(decoder.EncodeImage(DrawnPicture.RedBottle(512, 512)).TokenCount, 16, 36);
    }
}
