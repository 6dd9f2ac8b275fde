using System.Diagnostics;
using System.Text.Json;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Inference;
using BlobCaptioner.Tests.Inference;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

/// <summary>What the decoder over the real llama.cpp shows beyond <see cref="SequenceDecoderSuite"/>, with the sample model.</summary>
public sealed class LLamaSharpDecoderTests : SequenceDecoderSuite
{
    public static TheoryData<string> Pictures => ["bottle", "lamp"];

    protected override Task<ISequenceDecoder> LoadAsync(int sequences = 16, int contextTokens = 8192, int batchTokens = 512) =>
        Task.FromResult<ISequenceDecoder>(SampleDecoder.Load(o => o with { MaxSequences = sequences, ContextTokens = contextTokens, BatchTokens = batchTokens }));

    [Fact]
    public void Tokenize_ChatMarkup_IsControlTokensOnlyWhereAsked()
    {
        using var decoder = SampleDecoder.Load();

        var end = Assert.Single(decoder.Tokenize("<|im_end|>", parseSpecial: true));

        Assert.True(decoder.IsEndOfGeneration(end));
        Assert.Equal(0, decoder.GetTokenBytes(end).Length);
        var asText = decoder.Tokenize("<|im_end|>", parseSpecial: false);
        Assert.DoesNotContain(end, asText);
        Assert.DoesNotContain(asText, decoder.IsEndOfGeneration);
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.GetTokenBytes(decoder.Info.VocabularySize));
    }

    [Fact]
    public void FormatChat_WithAndWithoutSystem_LaysOutTheModelsMarkup()
    {
        using var decoder = SampleDecoder.Load();

        var without = decoder.FormatChat("", "Describe <__picture__> it.");
        var with = decoder.FormatChat("Be brief.", "Describe it.");

        Assert.Equal("<|im_start|>user\nDescribe <__picture__> it.", without.Before);
        Assert.Equal("<|im_end|>\n<|im_start|>assistant\n", without.After);
        Assert.Equal("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nDescribe it.", with.Before);
        Assert.Equal(without.After, with.After);
    }

    [Fact]
    public void FormatChat_LongText_IsNotCut()
    {
        using var decoder = SampleDecoder.Load();
        var system = new string('é', 20_000);

        Assert.Contains(system, decoder.FormatChat(system, "x").Before, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeImage_128Square_Has16TokensOnAGrid()
    {
        using var decoder = SampleDecoder.Load();

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
    public async Task EncodeImage_WhileAnotherThreadDecodes_GivesTheSameEmbeddings()
    {
        using var decoder = SampleDecoder.Load();
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
    public void EncodeImage_OddShape_IsEncodedOrRefusedWithAReason(int width, int height)
    {
        using var decoder = SampleDecoder.Load();

        var error = Record.Exception(() => Assert.True(decoder.EncodeImage(DrawnPicture.RedBottle(width, height)).TokenCount > 0));

        if (error is not null)
        {
            Assert.IsType<SequenceDecoderException>(error);
            Assert.Contains($"{width} x {height} px", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(16, decoder.EncodeImage(DrawnPicture.RedBottle()).TokenCount);
    }

    [Fact]
    public void EncodeImage_BytesDontFitTheShape_SaysHowManyDo()
    {
        using var decoder = SampleDecoder.Load();

        var error = Assert.Throws<ArgumentException>(() => decoder.EncodeImage(new() { Width = 32, Height = 32, Rgb = new byte[100] }));

        Assert.Contains("3,072", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncodeImage_TokenLimits_AreKept()
    {
        using var decoder = SampleDecoder.Load(o => o with { ImageMinTokens = 16, ImageMaxTokens = 36 });

        Assert.InRange(decoder.EncodeImage(DrawnPicture.RedBottle(64, 64)).TokenCount, 16, 36);
        Assert.InRange(decoder.EncodeImage(DrawnPicture.RedBottle(512, 512)).TokenCount, 16, 36);
    }

    [Fact]
    public void Decode_AGapInThePositions_SaysWhatIsWrong()
    {
        using var decoder = SampleDecoder.Load();
        new DecoderDriver(decoder, 0).Text([20, 21]);

        var error = Assert.Throws<SequenceDecoderException>(() => decoder.Decode([new(22, 1, 0, true)]));

        Assert.Contains("Positions of a sequence must go on", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Abort_DuringAStep_EndsItLongBeforeItsTime()
    {
        using var decoder = SampleDecoder.Load(o => o with { ContextTokens = 4096, BatchTokens = 4096 });
        var step = new DecoderDriver(decoder, 0).Entries([.. Enumerable.Range(0, 4096).Select(i => 20 + (i % 400))]);
        var clock = Stopwatch.StartNew();
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(step));
        var full = clock.Elapsed;
        decoder.Remove(0);

        using var started = new ManualResetEventSlim();
        var running = Task.Run(
            () =>
            {
                started.Set();
                return decoder.Decode(step);
            },
            TestContext.Current.CancellationToken);
        started.Wait(TestContext.Current.CancellationToken);
        decoder.Abort();
        clock.Restart();

        Assert.Equal(DecodeStatus.Aborted, await running);
        Assert.True(clock.Elapsed < full / 2, $"{clock.Elapsed.TotalMilliseconds:F1} ms after Abort; the whole step takes {full.TotalMilliseconds:F1} ms");
        decoder.Remove(0);
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(step.AsSpan(0, 4)));
    }

    [Fact]
    public async Task Dispose_DuringAStep_EndsItAndFreesTheModel()
    {
        using var decoder = SampleDecoder.Load(o => o with { ContextTokens = 4096, BatchTokens = 4096 });
        var step = new DecoderDriver(decoder, 0).Entries([.. Enumerable.Range(0, 4096).Select(i => 20 + (i % 400))]);
        using var started = new ManualResetEventSlim();
        var running = Task.Run(
            () =>
            {
                started.Set();
                return decoder.Decode(step);
            },
            TestContext.Current.CancellationToken);
        started.Wait(TestContext.Current.CancellationToken);

        decoder.Dispose();

        var error = await Record.ExceptionAsync(async () => Assert.Equal(DecodeStatus.Aborted, await running));
        Assert.True(error is null or ObjectDisposedException, error?.ToString());
        Assert.Throws<ObjectDisposedException>(() => decoder.Decode([new(20, 0, 0, true)]));
        Assert.Throws<ObjectDisposedException>(() => decoder.Tokenize("x", parseSpecial: false));
        Assert.Throws<ObjectDisposedException>(() => decoder.EncodeImage(DrawnPicture.RedBottle()));
        Assert.Throws<ObjectDisposedException>(() => decoder.GetLogits(0).Length);
    }

    [Fact]
    public void Decode_ManySteps_AllocatesNothing()
    {
        using var decoder = SampleDecoder.Load();
        var entries = new TokenEntry[4];
        Step(0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i <= 50; i++)
        {
            Step(i);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);

        void Step(int position)
        {
            for (var s = 0; s < entries.Length; s++)
            {
                entries[s] = new(20 + s, position, s, true);
            }

            // Not Assert.Equal: it allocates.
            if (decoder.Decode(entries) != DecodeStatus.Ok || decoder.GetLogits(3).IsEmpty)
            {
                throw new InvalidOperationException("the step failed");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void GreedyAnswer_DrawnPicture_IsTheExpectedJson(string picture)
    {
        using var decoder = SampleDecoder.Load();
        var (image, colour) = picture == "bottle" ? (DrawnPicture.RedBottle(), "red") : (DrawnPicture.BlueLamp(), "blue");
        var driver = new DecoderDriver(decoder, 0);

        var answer = driver.Answer(driver.Prompt(decoder.FormatChat("", "Describe this product as JSON."), decoder.EncodeImage(image)));

        var expected = $$"""{"category":"{{picture}}","color":"{{colour}}","pattern":"plain","title":"{{char.ToUpperInvariant(colour[0])}}{{colour[1..]}} plain {{picture}}"}""";
        Assert.Equal(expected, answer);
        using var json = JsonDocument.Parse(answer);
        Assert.Equal(["category", "color", "pattern", "title"], json.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void Info_SampleModel_StatesWhatWasLoaded()
    {
        using var decoder = SampleDecoder.Load(o => o with { MaxSequences = 5, ContextTokens = 1000, BatchTokens = 300 });

        Assert.Equal(2446, decoder.Info.VocabularySize);
        Assert.Equal(NativeLibraries.Engine, decoder.Info.Engine);
        Assert.Equal(5, decoder.Info.MaxSequences);
        Assert.Equal(1024, decoder.Info.ContextTokens);
        Assert.Equal(300, decoder.Info.BatchTokens);
        Assert.NotEmpty(decoder.Info.ModelName);
        Assert.Equal(decoder.Tokenize("<|vision_start|>", parseSpecial: true), decoder.Info.ImageStartTokens);
        Assert.Equal(decoder.Tokenize("<|vision_end|>", parseSpecial: true), decoder.Info.ImageEndTokens);
    }
}
