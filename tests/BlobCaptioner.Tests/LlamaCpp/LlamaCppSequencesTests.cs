using System.Diagnostics;
using BlobCaptioner.Inference;
using Xunit;

namespace BlobCaptioner.Tests.LlamaCpp;

public sealed class LlamaCppSequencesTests(NativeLibrariesFixture natives)
{
    private const string Instruction = "Describe this product as JSON.";

    [Fact]
    public async Task Fork_SharedPrefix_GivesTheLogitsOfAPromptOfItsOwn()
    {
        using var decoder = await natives.LoadSampleAsync();
        var frame = decoder.FormatChat("", Instruction);
        var bottle = decoder.EncodeImage(DrawnPicture.RedBottle());
        var lamp = decoder.EncodeImage(DrawnPicture.BlueLamp());
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
        using var decoder = await natives.LoadSampleAsync();
        var frame = decoder.FormatChat("", Instruction);
        var image = decoder.EncodeImage(DrawnPicture.RedBottle(256, 192));
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
        using var decoder = await natives.LoadSampleAsync();
        var frame = decoder.FormatChat("", Instruction);
        EncodedImage[] images = [decoder.EncodeImage(DrawnPicture.RedBottle()), decoder.EncodeImage(DrawnPicture.BlueLamp(160, 96))];
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
        using var decoder = await natives.LoadSampleAsync();
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
        using var decoder = await natives.LoadSampleAsync(o => o with { ContextTokens = 256, BatchTokens = 256 });
        var tokens = Enumerable.Range(0, 200).Select(i => 20 + i).ToArray();
        new DecoderDriver(decoder, 0).Text(tokens);
        var expected = new DecoderDriver(decoder, 0) { Position = 200 }.Text([33]);
        decoder.Remove(0, 200);

        var crowd = new DecoderDriver(decoder, 1).Entries(tokens[..100]);
        Assert.Equal(DecodeStatus.NoRoom, decoder.Decode(crowd));
        Assert.Equal(DecodeStatus.NoRoom, decoder.DecodeImages([new(2, decoder.EncodeImage(DrawnPicture.RedBottle(256, 256)), 0, 64, 0)]));

        AssertClose(expected, new DecoderDriver(decoder, 0) { Position = 200 }.Text([33]));
        decoder.Remove(0);
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(crowd));
    }

    [Fact]
    public async Task Decode_BadArguments_AreRefusedAndHarmless()
    {
        using var decoder = await natives.LoadSampleAsync(o => o with { BatchTokens = 16, MaxSequences = 2 });
        var image = decoder.EncodeImage(DrawnPicture.RedBottle());

        Assert.Throws<ArgumentException>(() => decoder.Decode([]));
        Assert.Contains("17 were given", Assert.Throws<ArgumentException>(() => decoder.Decode(new TokenEntry[17])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => decoder.Decode([new(20, 0, 2, true)]));
        Assert.Throws<ArgumentException>(() => decoder.Decode([new(461, 0, 0, true)]));
        Assert.Throws<ArgumentException>(() => decoder.Decode([new(20, -1, 0, true)]));
        Assert.Throws<ArgumentException>(() => decoder.DecodeImages([new(0, image, 8, 9, 0)]));
        Assert.Throws<ArgumentException>(() => decoder.DecodeImages([new(0, image, 0, 16, 0), new(1, image, 0, 1, 0)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Fork(0, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Remove(-1));

        Assert.Equal(DecodeStatus.Ok, decoder.Decode([new(20, 0, 0, false), new(21, 1, 0, true)]));
        Assert.Throws<InvalidOperationException>(() => decoder.GetLogits(0).Length);
        Assert.Equal(461, decoder.GetLogits(1).Length);
    }

    [Fact]
    public async Task Decode_AGapInThePositions_SaysWhatIsWrong()
    {
        using var decoder = await natives.LoadSampleAsync();
        new DecoderDriver(decoder, 0).Text([20, 21]);

        var error = Assert.Throws<SequenceDecoderException>(() => decoder.Decode([new(22, 1, 0, true)]));

        Assert.Contains("Positions of a sequence must go on", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Abort_DuringAStep_EndsItLongBeforeItsTime()
    {
        using var decoder = await natives.LoadSampleAsync(o => o with { ContextTokens = 4096, BatchTokens = 4096 });
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
        using var decoder = await natives.LoadSampleAsync(o => o with { ContextTokens = 4096, BatchTokens = 4096 });
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
    public async Task Decode_ManySteps_AllocatesNothing()
    {
        using var decoder = await natives.LoadSampleAsync();
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

    // Other shapes of the same sums differ in their last bits: 0.1 % of the largest logit.
    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
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
}
