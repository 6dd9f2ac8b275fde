using System.Text;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Tests.Engine;
using Xunit;

namespace BlobCaptioner.Tests.Inference;

/// <summary>
/// What the engine relies on below <see cref="ISequenceDecoder"/>. Each decoder derives from it: LLamaSharp's and the script.
/// </summary>
public abstract class SequenceDecoderSuite
{
    private const string Instruction = "Describe this product as JSON.";

    /// <summary>A decoder with the model at hand, the caller's to dispose.</summary>
    protected abstract Task<ISequenceDecoder> LoadAsync(int sequences = 16, int contextTokens = 8192, int batchTokens = 512);

    [Theory]
    [InlineData("A red mug, 100 % ceramic.")]
    [InlineData("naïve – 杯子 🫖")]
    [InlineData("{\"title\":\"x\"}\n\t")]
    public async Task Tokenize_PlainText_RoundTripsThroughTokenBytes(string text)
    {
        using var decoder = await LoadAsync();

        var bytes = decoder.Tokenize(text, parseSpecial: false).SelectMany(t => decoder.GetTokenBytes(t).ToArray()).ToArray();

        Assert.Equal(text, Encoding.UTF8.GetString(bytes));
        Assert.Empty(decoder.Tokenize("", parseSpecial: true));
    }

    [Fact]
    public async Task EncodeImage_Wide_AdvancesByTheLongerSide()
    {
        using var decoder = await LoadAsync();

        var image = decoder.EncodeImage(Bottle(256, 96));

        Assert.Equal(8 * 3, image.TokenCount);
        Assert.Equal(8, image.PositionCount);
    }

    [Fact]
    public async Task Tokenize_ChatMarkup_EndsTheTurnOnlyWhereAskedTo()
    {
        using var decoder = await LoadAsync();
        var frame = decoder.FormatChat("", "x");

        var end = decoder.Tokenize(frame.After, parseSpecial: true)[0];

        Assert.True(decoder.IsEndOfGeneration(end));
        Assert.Equal(0, decoder.GetTokenBytes(end).Length);
        Assert.DoesNotContain(decoder.Tokenize(frame.After, parseSpecial: false), decoder.IsEndOfGeneration);
    }

    [Fact]
    public async Task FormatChat_SystemAndUser_StandBeforeThePicture()
    {
        using var decoder = await LoadAsync();

        var frame = decoder.FormatChat("Be brief.", "Describe it.");

        Assert.EndsWith("Describe it.", frame.Before, StringComparison.Ordinal);
        Assert.InRange(frame.Before.IndexOf("Be brief.", StringComparison.Ordinal), 0, frame.Before.IndexOf("Describe it.", StringComparison.Ordinal) - 1);
        Assert.NotEmpty(frame.After);
        Assert.Equal(decoder.FormatChat("", "Describe it.").After, frame.After);
    }

    [Fact]
    public async Task EncodeImage_128Square_Has16TokensAnd4Positions()
    {
        using var decoder = await LoadAsync();

        var image = decoder.EncodeImage(Bottle());

        Assert.Equal(16, image.TokenCount);
        Assert.Equal(4, image.PositionCount);
    }

    [Fact]
    public async Task Decode_AGapInThePositions_IsRefused()
    {
        using var decoder = await LoadAsync();
        new DecoderDriver(decoder, 0).Text([20, 21]);

        Assert.Throws<SequenceDecoderException>(() => decoder.Decode([new(22, 1, 0, true)]));
    }

    [Fact]
    public async Task Fork_SharedPrefix_GivesTheLogitsOfAPromptOfItsOwn()
    {
        using var decoder = await LoadAsync();
        var frame = decoder.FormatChat("", Instruction);
        var bottle = decoder.EncodeImage(Bottle());
        var lamp = decoder.EncodeImage(Lamp());
        var alone = new[] { bottle, lamp }.Select((image, i) => new DecoderDriver(decoder, i).Prompt(frame, image)).ToArray();
        decoder.Remove(0);
        decoder.Remove(1);

        var prefix = new DecoderDriver(decoder, 7);
        prefix.Text([.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens]);
        var after = new List<TokenEntry>();
        foreach (var (image, sequence) in new[] { (bottle, 2), (lamp, 5) })
        {
            decoder.Fork(7, sequence);
            var driver = new DecoderDriver(decoder, sequence) { Position = prefix.Position };
            driver.Picture(image, 0, image.TokenCount);
            after.AddRange(driver.Entries([.. decoder.Info.ImageEndTokens, .. decoder.Tokenize(frame.After, parseSpecial: true)]));
        }

        Assert.Equal(DecodeStatus.Ok, decoder.Decode([.. after]));
        AssertClose(alone[0], decoder.GetLogits((after.Count / 2) - 1));
        AssertClose(alone[1], decoder.GetLogits(after.Count - 1));
        Assert.NotEqual(alone[0], alone[1]);
    }

    [Fact]
    public async Task DecodeImages_SlicedBetweenAnotherSequencesSteps_EqualsUnsliced()
    {
        using var decoder = await LoadAsync();
        var frame = decoder.FormatChat("", Instruction);
        var image = decoder.EncodeImage(Bottle(256, 192));
        var whole = new DecoderDriver(decoder, 0).Prompt(frame, image);

        var sliced = new DecoderDriver(decoder, 1);
        var other = new DecoderDriver(decoder, 2);
        other.Text([40, 41, 42]);
        sliced.Text([.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens]);
        for (var offset = 0; offset < image.TokenCount; offset += 7)
        {
            sliced.Picture(image, offset, Math.Min(7, image.TokenCount - offset));
            other.Text([43]);
        }

        AssertClose(whole, sliced.Text([.. decoder.Info.ImageEndTokens, .. decoder.Tokenize(frame.After, parseSpecial: true)]));
    }

    [Fact]
    public async Task DecodeImages_TwoPicturesInOneStep_EqualsEachAlone()
    {
        using var decoder = await LoadAsync();
        var frame = decoder.FormatChat("", Instruction);
        EncodedImage[] images = [decoder.EncodeImage(Bottle()), decoder.EncodeImage(Lamp(160, 96))];
        var alone = images.Select((image, i) => new DecoderDriver(decoder, i).Prompt(frame, image)).ToArray();

        var drivers = new[] { new DecoderDriver(decoder, 2), new DecoderDriver(decoder, 3) };
        int[] before = [.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens];
        drivers[0].Text(before);
        drivers[1].Text([.. before, .. before]);
        decoder.Remove(3, before.Length);
        drivers[1].Position = before.Length;
        Assert.Equal(DecodeStatus.Ok, decoder.DecodeImages(
        [
            new(2, images[0], 0, 10, drivers[0].Position), new(3, images[1], 0, images[1].TokenCount, drivers[1].Position),
        ]));
        Assert.Equal(DecodeStatus.Ok, decoder.DecodeImages([new(2, images[0], 10, 6, drivers[0].Position)]));

        for (var i = 0; i < 2; i++)
        {
            drivers[i].Position += images[i].PositionCount;
            AssertClose(alone[i], drivers[i].Text([.. decoder.Info.ImageEndTokens, .. decoder.Tokenize(frame.After, parseSpecial: true)]));
        }
    }

    [Fact]
    public async Task Remove_FromAPosition_GoesOnAsIfTheRestHadNeverBeen()
    {
        using var decoder = await LoadAsync();
        var expected = new DecoderDriver(decoder, 0).Text([20, 21, 22, 50]);

        var driver = new DecoderDriver(decoder, 1);
        driver.Text([20, 21, 22, 60, 61]);
        decoder.Remove(1, 3);
        driver.Position = 3;
        AssertClose(expected, driver.Text([50]));

        decoder.Remove(1);
        driver.Position = 0;
        AssertClose(expected, driver.Text([20, 21, 22, 50]));
    }

    [Fact]
    public async Task Decode_NoRoom_LeavesTheCacheAsItWas()
    {
        using var decoder = await LoadAsync(contextTokens: 256, batchTokens: 256);
        var tokens = Enumerable.Range(0, 200).Select(i => 20 + i).ToArray();
        new DecoderDriver(decoder, 0).Text(tokens);
        var expected = new DecoderDriver(decoder, 0) { Position = 200 }.Text([33]);
        decoder.Remove(0, 200);

        var crowd = new DecoderDriver(decoder, 1).Entries(tokens[..100]);
        Assert.Equal(DecodeStatus.NoRoom, decoder.Decode(crowd));
        Assert.Equal(DecodeStatus.NoRoom, decoder.DecodeImages([new(2, decoder.EncodeImage(Bottle(256, 256)), 0, 64, 0)]));

        AssertClose(expected, new DecoderDriver(decoder, 0) { Position = 200 }.Text([33]));
        decoder.Remove(0);
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(crowd));
    }

    [Fact]
    public async Task Decode_BadArguments_AreRefusedAndHarmless()
    {
        using var decoder = await LoadAsync(sequences: 2, batchTokens: 16);
        var image = decoder.EncodeImage(Bottle());

        Assert.Throws<ArgumentException>(() => decoder.Decode([]));
        Assert.Contains("17 were given", Assert.Throws<ArgumentException>(() => decoder.Decode(new TokenEntry[17])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => decoder.Decode([new(20, 0, 2, true)]));
        Assert.Throws<ArgumentException>(() => decoder.Decode([new(decoder.Info.VocabularySize, 0, 0, true)]));
        Assert.Throws<ArgumentException>(() => decoder.Decode([new(20, -1, 0, true)]));
        Assert.Throws<ArgumentException>(() => decoder.DecodeImages([new(0, image, 8, 9, 0)]));
        Assert.Throws<ArgumentException>(() => decoder.DecodeImages([new(0, image, 0, 16, 0), new(1, image, 0, 1, 0)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Fork(0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Remove(-1));

        Assert.Equal(DecodeStatus.Ok, decoder.Decode([new(20, 0, 0, false), new(21, 1, 0, true)]));
        Assert.Throws<InvalidOperationException>(() => decoder.GetLogits(0).Length);
        Assert.Equal(decoder.Info.VocabularySize, decoder.GetLogits(1).Length);
    }

    // Other shapes of the same sums differ in their last bits: 0.1 % of the largest logit.
    protected static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = 0f;
        var worst = 0f;
        for (var i = 0; i < expected.Length; i++)
        {
            scale = MathF.Max(scale, MathF.Abs(expected[i]));
            worst = MathF.Max(worst, MathF.Abs(expected[i] - actual[i]));
        }

        Assert.True(scale > 0 && worst <= 0.001f * scale, $"differs by {worst} of {scale}");
    }

    // The script tells pictures apart by their first two bytes; a model, by what is on them.
    private static PixelImage Bottle(int width = 128, int height = 128) => Marked(DrawnPicture.RedBottle(width, height), 250);

    private static PixelImage Lamp(int width = 128, int height = 128) => Marked(DrawnPicture.BlueLamp(width, height), 251);

    private static PixelImage Marked(PixelImage image, byte mark)
    {
        byte[] rgb = [.. image.Rgb.Span];
        rgb[0] = mark;
        return new() { Width = image.Width, Height = image.Height, Rgb = rgb };
    }
}
