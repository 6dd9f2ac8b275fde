using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.Tests.Engine;
using BlobCaptioner.Tests.Images;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>
/// The usual faults between a file and the model. Each test puts a fault into the picture: the comparison with the trainer's answers must notice it. A picture that would show the same fault
/// in the program must come through unchanged.
/// </summary>
public sealed class FaultTests
{
    private const string Set = "sample-en";

    [Fact]
    public async Task Describe_RedAndBlueSwapped_IsNoticed()
    {
        var faults = await CompareAsync(image => image[2].Bandjoin(image[1], image[0]));

        // gray, green, black and white keep their colour
        Assert.InRange(faults, 4, 1000);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    public async Task Describe_NotTurnedUpright_IsNoticed(int orientation)
    {
        var upright = await CompareAsync(image => image);
        Assert.InRange(await CompareAsync(image => TestPicture.Stored(image, orientation)), upright + 4, 1000);
        Assert.InRange(await CompareAsync(image => TestPicture.Stored(image, orientation).Mutate(m => m.Set(GValue.GIntType, "orientation", orientation))), 0, upright + 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task Prepare_MirroredByExif_GivesThePixelsOfTheUprightPicture(int orientation)
    {
        var answers = await ParityAnswers.ReadAsync(Set);
        foreach (var picture in answers.Pictures.Take(4))
        {
            using var upright = Image.NewFromBuffer(await answers.ReadFileAsync(picture));
            var wanted = TestPicture.Pixels(await PrepareAsync(Save(upright)));
            using var stored = TestPicture.Stored(upright, orientation);
            var turned = TestPicture.Pixels(await PrepareAsync(Save(stored.Mutate(m => m.Set(GValue.GIntType, "orientation", orientation)))));
            var ignored = TestPicture.Pixels(await PrepareAsync(Save(stored)));

            // JPEG's blocks and chroma samples fall elsewhere on turned pixels
            Assert.InRange(Distance(wanted, turned), 0, 3);
            Assert.InRange(Distance(wanted, ignored), Distance(wanted, turned) + 2, 255);
        }
    }

    [Fact]
    public async Task Describe_TransparentSurroundings_AreWhiteAndNotBlack()
    {
        var answers = await ParityAnswers.ReadAsync(Set);
        await using var model = ParityAnswers.Load();
        foreach (var picture in answers.Pictures)
        {
            using var image = Image.NewFromBuffer(await answers.ReadFileAsync(picture));
            using var opaque = image.Bandjoin(255);
            using var cutOut = opaque.Embed(32, 32, image.Width + 64, image.Height + 64, extend: Enums.Extend.Background, background: [0, 0, 0, 0]);
            using var onWhite = image.Embed(32, 32, image.Width + 64, image.Height + 64, extend: Enums.Extend.White);
            var wanted = TestPicture.Pixels(await PrepareAsync(onWhite.PngsaveBuffer()));
            var flattened = TestPicture.Pixels(await PrepareAsync(cutOut.PngsaveBuffer()));
            var fault = TestPicture.Pixels(await PrepareAsync(cutOut.PngsaveBuffer(), new ImageOptions { Background = "#000000" }));
            Assert.InRange(Distance(wanted, flattened), 0, 1);
            Assert.InRange(Distance(wanted, fault), 20, 255);
            Assert.Equal(Values(await answers.DescribeAsync(model, onWhite.PngsaveBuffer())), Values(await answers.DescribeAsync(model, cutOut.PngsaveBuffer())));
        }
    }

    [Fact]
    public async Task Describe_SidesExchanged_IsNoticed()
    {
        var answers = await ParityAnswers.ReadAsync(Set);
        await using var decoder = new Disposing(SampleDecoder.Load());
        var plan = DecodingPlan.Compile(answers.WriteUp, decoder.Inner);
        await using var batcher = new ContinuousBatcher(decoder.Inner);
        var (right, noticed) = (0, 0);
        foreach (var picture in answers.Pictures)
        {
            var pixels = TestPicture.Pixels(await PrepareAsync(await answers.ReadFileAsync(picture)));
            if (pixels.Width == pixels.Height)
            {
                continue;
            }

            right += ParityAnswers.Differences(picture, await Describe(pixels)).Count == 0 ? 1 : 0;
            var exchanged = new PixelImage { Width = pixels.Height, Height = pixels.Width, Rgb = pixels.Rgb };
            noticed += ParityAnswers.Differences(picture, await Describe(exchanged)).Count == 0 ? 0 : 1;
        }

        // one in five may be recognized all the same
        Assert.InRange(right, 5, 1000);
        Assert.InRange(noticed, right * 4 / 5, right);

        Task<Caption> Describe(PixelImage pixels) => batcher.DescribeAsync(
            new PictureRequest { Name = "picture", Images = [pixels], Plan = plan, Facts = ProductFacts.None, Sampling = answers.WriteUp.Sampling, Seed = 0 }, TestContext.Current.CancellationToken);
    }

    /// <summary>The number of stored pictures whose comparison fails after a change.</summary>
    private static async Task<int> CompareAsync(Func<Image, Image> change)
    {
        var answers = await ParityAnswers.ReadAsync(Set);
        await using var model = ParityAnswers.Load();
        var faults = 0;
        foreach (var picture in answers.Pictures)
        {
            using var image = Image.NewFromBuffer(await answers.ReadFileAsync(picture));
            using var changed = change(image);
            faults += ParityAnswers.Differences(picture, await answers.DescribeAsync(model, Save(changed))).Count == 0 ? 0 : 1;
        }

        return faults;
    }

    /// <summary>A nearly lossless JPEG: every program reads its EXIF orientation.</summary>
    private static byte[] Save(Image image) => image.JpegsaveBuffer(q: 98, subsampleMode: Enums.ForeignSubsample.Off);

    private static async Task<ReadOnlyMemory<byte>> PrepareAsync(byte[] file, ImageOptions? options = null) => (await TestPicture.PreparedAsync(file, options: options)).Jpeg;

    /// <summary>Mean absolute difference of the channels, 0 to 255; 255 for pictures of different sizes.</summary>
    private static double Distance(PixelImage a, PixelImage b) =>
        (a.Width, a.Height) == (b.Width, b.Height) ? a.Rgb.ToArray().Zip(b.Rgb.ToArray(), (x, y) => Math.Abs(x - y)).Average() : 255;

    private static string Values(Caption caption) => string.Join('|', caption.Fields.Select(f => f.Value));

    private sealed class Disposing(ISequenceDecoder inner) : IAsyncDisposable
    {
        public ISequenceDecoder Inner => inner;

        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
