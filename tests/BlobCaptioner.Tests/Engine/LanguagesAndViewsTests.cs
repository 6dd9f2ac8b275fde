using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference.Answers;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Profiles;
using BlobCaptioner.Tests.Inference;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

/// <summary>Languages as forks and several views in one prompt on the real llama.cpp, against one sequence that is decoded by hand.</summary>
public sealed class LanguagesAndViewsTests
{
    private static readonly string[] Tags = ["en", "de", "fr"];

    private static readonly Profile Profile = new()
    {
        Name = "test",
        Instruction = "Describe this product as JSON.",
        Languages = [.. Tags.Select(t => new ProfileLanguage(t))],
        ConfidenceThreshold = 0,
        Sampling = new() { Temperature = 0 },
        Fields =
        [
            new() { Name = "category", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["bottle", "lamp", "mug"] },
            new() { Name = "color", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["red", "blue", "green"] },
            new() { Name = "pattern", Kind = FieldKind.Choice, IsAttribute = true, AllowUnknown = false, Values = ["plain", "striped"] },
            new() { Name = "title", Kind = FieldKind.Text, MaxCharacters = 40 },
        ],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public async Task Describe_ThreeLanguages_EachIsWhatItIsAloneAfterTheTrunk(int slots)
    {
        using var decoder = new RecordingDecoder(SampleDecoder.Load());
        var plan = DecodingPlan.Compile(Profile, decoder);
        PixelImage[] pictures = [DrawnPicture.RedBottle(), DrawnPicture.BlueLamp(160, 96), DrawnPicture.BlueLamp()];
        var expected = pictures.Select(p => Tags.Select((_, branch) => ByHand(decoder, plan, p, branch)).ToArray()).ToArray();
        var (encoded, imageTokens) = (decoder.Encoded, decoder.ImageTokens);

        await using var batcher = new ContinuousBatcher(decoder, new BatcherOptions { Slots = slots });
        var captions = await Task.WhenAll(pictures.Select(p => Describe(batcher, plan, p)));

        for (var i = 0; i < pictures.Length; i++)
        {
            Assert.Equal(expected[i][0].Take(3), captions[i].Fields.Take(3).Select(f => f.Value));
            Assert.Equal(expected[i].Select(e => e[3]), captions[i].Fields.Skip(3).Select(f => f.Value));
            Assert.Equal(Tags, captions[i].Fields.Skip(3).Select(f => f.Language));
            Assert.All(captions[i].Fields, f => Assert.NotEmpty(f.Value));
        }

        Assert.Equal(["bottle", "red", "plain"], captions[0].Fields.Take(3).Select(f => f.Value));
        Assert.Equal(pictures.Length, decoder.Encoded - encoded);
        Assert.Equal(captions.Sum(c => c.Usage.ImageTokens), decoder.ImageTokens - imageTokens);
        Assert.Equal((0, 0), (batcher.Snapshot().SlotsInUse, batcher.Snapshot().CellsReserved));
    }

    [Fact]
    public async Task Describe_FreeSlots_LanguagesShareTheirSteps()
    {
        using var decoder = new RecordingDecoder(SampleDecoder.Load());
        await using var batcher = new ContinuousBatcher(decoder);
        await Describe(batcher, DecodingPlan.Compile(Profile, decoder), DrawnPicture.RedBottle());
        Assert.Equal(3, decoder.MostTogether);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(7)]
    public async Task Describe_TwoViews_LogitsAreThoseOfOneSequenceLaidOutByHand(int sliceTokens)
    {
        using var decoder = new RecordingDecoder(SampleDecoder.Load());
        var plan = DecodingPlan.Compile(Profile with { Languages = [new("en")] }, decoder);
        PixelImage[] views = [DrawnPicture.RedBottle(256, 96), DrawnPicture.BlueLamp()];
        Caption caption;
        await using (var batcher = new ContinuousBatcher(decoder, new BatcherOptions { PrefillSliceTokens = sliceTokens }))
        {
            caption = await Describe(batcher, plan, views);
        }

        var encoded = views.Select(decoder.EncodeImage).ToArray();
        AssertClose(Prompt(encoded[0].PositionCount), decoder.FirstLogits!);
        Assert.False(IsClose(Prompt(encoded[0].TokenCount), decoder.FirstLogits!), "Positions make no difference, so that this test shows nothing.");
        Assert.Equal((8 * 3) + 16, caption.Usage.ImageTokens);
        Assert.Equal(4, caption.Fields.Count);

        // In a sequence of its own each time; 12 and 13 are neither a slot's nor a prefix's.
        float[] Prompt(int firstAdvance)
        {
            var frame = decoder.FormatChat("", plan.Profile.Instruction);
            var driver = new DecoderDriver(decoder, firstAdvance == encoded[0].TokenCount ? 13 : 12);
            driver.Text([.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens]);
            var start = driver.Position;
            driver.Picture(encoded[0], 0, encoded[0].TokenCount);
            driver.Position = start + firstAdvance;
            driver.Text([.. decoder.Info.ImageEndTokens, .. decoder.Info.ImageStartTokens]);
            driver.Picture(encoded[1], 0, encoded[1].TokenCount);
            driver.Text([.. decoder.Info.ImageEndTokens, .. decoder.Tokenize(frame.After, parseSpecial: true)]);
            return driver.Text(FirstLiteral(plan));
        }
    }

    private static Task<Caption> Describe(ContinuousBatcher batcher, DecodingPlan plan, params PixelImage[] images) =>
        batcher.DescribeAsync(ScriptedEngine.RequestOf(plan), plan, images, Cancel);

    /// <summary>What stands in the cache before the first choice.</summary>
    private static int[] FirstLiteral(DecodingPlan plan) => [.. Begin(plan, plan.Trunk, AnswerStart.Begin).Tape.Pending];

    private static SectionAnswer Begin(DecodingPlan plan, PlanSection section, AnswerStart start) =>
        new(plan, section, start, ScriptedEngine.RequestOf(plan), seed: 0, new TokenSampler());

    /// <summary>Trunk and one language, greedily, in one sequence without forks, slots or batches.</summary>
    private static string[] ByHand(RecordingDecoder decoder, DecodingPlan plan, PixelImage picture, int branch)
    {
        var frame = decoder.FormatChat(plan.Profile.System, plan.Profile.Instruction);
        var driver = new DecoderDriver(decoder, 0);
        var logits = driver.Prompt(frame, decoder.EncodeImage(picture));
        var trunk = Begin(plan, plan.Trunk, AnswerStart.Begin);
        Write(trunk);
        var language = Begin(plan, plan.Branches[branch], trunk.End);
        Write(language);
        decoder.Remove(0);
        return [.. trunk.Values.Fields.Concat(language.Values.Fields).Select(f => f.Value)];

        void Write(SectionAnswer answer)
        {
            while (true)
            {
                if (answer.Tape.Rollback > 0)
                {
                    driver.Position -= answer.Tape.Rollback;
                    answer.Tape.Rollback = 0;
                    decoder.Remove(0, driver.Position);
                }

                if (answer.IsFinished)
                {
                    return;
                }

                if (answer.Tape.Pending.Count > 0)
                {
                    logits = driver.Text([.. answer.Tape.Pending]);
                    answer.Tape.Pending.Clear();
                }

                answer.Advance(logits);
            }
        }
    }

    private static void AssertClose(float[] expected, float[] actual) => Assert.True(IsClose(expected, actual), "The logits differ.");

    // Other shapes of the same sums differ in their last bits.
    private static bool IsClose(float[] expected, float[] actual) =>
        expected.Zip(actual, (e, a) => MathF.Abs(e - a)).Max() <= 0.001f * expected.Max(MathF.Abs);
}
