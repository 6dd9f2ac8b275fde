using System.Globalization;
using BlobCaptioner.Images;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Images;

/// <summary>Peak memory, measured in a process that does nothing else: the test starts the test program again for its second method.</summary>
public sealed class ImagePreparerMemoryTests
{
    private const string PictureVariable = "CAPTIONER_TEST_MEMORY_PICTURE";

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 6)]
    [InlineData(true, 1)]
    public async Task PrepareAsync_TwelveMegapixelJpegInItsOwnProcess_PeaksBelow250Megabytes(bool progressive, int orientation)
    {
        var path = Path.Combine(Path.GetTempPath(), $"captioner-memory-{Guid.NewGuid():N}.jpg");
        try
        {
            using var noise = Image.Gaussnoise(4000, 3000, mean: 128, sigma: 25).Cast(Enums.BandFormat.Uchar);
            using var picture = noise.Bandjoin(noise, noise).Copy(interpretation: Enums.Interpretation.Srgb)
                .Mutate(m => m.Set(GValue.GIntType, "orientation", orientation));
            picture.Jpegsave(path, q: 90, interlace: progressive);

            await OwnProcess.RunAsync(typeof(ImagePreparerMemoryTests), nameof(PrepareAsync_PictureOfTheParent_StaysBelow250Megabytes), (PictureVariable, path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Explicit = true)]
    public async Task PrepareAsync_PictureOfTheParent_StaysBelow250Megabytes()
    {
        var path = Environment.GetEnvironmentVariable(PictureVariable);
        Assert.NotNull(path);
        using var preparer = new ImagePreparer(new ImageOptions());
        await using var stream = File.OpenRead(path);

        var outcome = await preparer.PrepareAsync(stream, "a.jpg", stream.Length, 576, TestContext.Current.CancellationToken);

        Assert.IsType<PreparationOutcome.Prepared>(outcome);
        var peak = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        var megabytes = long.Parse(peak.AsSpan()[6..^2].Trim(), CultureInfo.InvariantCulture) * 1024 / 1e6;
        Assert.True(megabytes < 250, $"peak {megabytes:F0} MB");
    }
}
