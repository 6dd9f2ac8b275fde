using BlobCaptioner.Images;
using Microsoft.Extensions.Options;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class ImageOptionsTests
{
    public static TheoryData<string, ImageOptions> Invalid => new()
    {
        { nameof(ImageOptions.MaxMegabytes), new ImageOptions { MaxMegabytes = 0 } },
        { nameof(ImageOptions.MaxMegapixels), new ImageOptions { MaxMegapixels = 5000 } },
        { nameof(ImageOptions.Timeout), new ImageOptions { Timeout = TimeSpan.Zero } },
        { nameof(ImageOptions.Background), new ImageOptions { Background = "white" } },
        { nameof(ImageOptions.JpegQuality), new ImageOptions { JpegQuality = 101 } },
        { nameof(ImageOptions.MaxConcurrency), new ImageOptions { MaxConcurrency = 0 } },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void ImagePreparer_OptionOutOfRange_IsNamed(string option, ImageOptions options)
    {
        var error = Assert.Throws<OptionsValidationException>(() => new ImagePreparer(options));
        Assert.Contains(option, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OptionsKey_OptionsThatChangePixels_ChangeIt()
    {
        var plain = Key(new ImageOptions());
        Assert.NotEqual(plain, Key(new ImageOptions { Background = "#000000" }));
        Assert.NotEqual(plain, Key(new ImageOptions { JpegQuality = 80 }));
        Assert.Equal(plain, Key(new ImageOptions { Background = "#FFFFFF", Timeout = TimeSpan.FromSeconds(5), MaxMegabytes = 3 }));
    }

    private static string Key(ImageOptions options)
    {
        using var preparer = new ImagePreparer(options);
        return preparer.OptionsKey;
    }
}
