using System.Text;
using Xunit;

namespace BlobCaptioner.Tests.LlamaCpp;

public sealed class LlamaCppDecoderTests(NativeLibrariesFixture natives)
{
    [Fact]
    public async Task Tokenize_PlainText_RoundTripsThroughTokenBytes()
    {
        using var decoder = await natives.LoadSampleAsync();
        foreach (var text in (string[])["A red mug, 100 % ceramic.", "naïve – 杯子 🫖", "{\"title\":\"x\"}\n\t"])
        {
            var bytes = decoder.Tokenize(text, parseSpecial: false).SelectMany(t => decoder.GetTokenBytes(t).ToArray()).ToArray();
            Assert.Equal(text, Encoding.UTF8.GetString(bytes));
        }

        Assert.Empty(decoder.Tokenize("", parseSpecial: true));
    }
}
