using System.Text.Json;
using Xunit;

namespace BlobCaptioner.Tests.LlamaCpp;

public sealed class SampleModelTests(NativeLibrariesFixture natives)
{
    public static TheoryData<string> Pictures => ["bottle", "lamp"];

    [Theory]
    [MemberData(nameof(Pictures))]
    public async Task GreedyAnswer_DrawnPicture_IsTheExpectedJson(string picture)
    {
        using var decoder = await natives.LoadSampleAsync();
        var (image, colour) = picture == "bottle" ? (DrawnPicture.RedBottle(), "red") : (DrawnPicture.BlueLamp(), "blue");
        var driver = new DecoderDriver(decoder, 0);

        var answer = driver.Answer(driver.Prompt(decoder.FormatChat("", "Describe this product as JSON."), decoder.EncodeImage(image)));

        var expected = $$"""{"category":"{{picture}}","color":"{{colour}}","pattern":"plain","title":"{{char.ToUpperInvariant(colour[0])}}{{colour[1..]}} plain {{picture}}"}""";
        Assert.Equal(expected, answer);
        using var json = JsonDocument.Parse(answer);
        Assert.Equal(["category", "color", "pattern", "title"], json.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Info_SampleModel_StatesWhatWasLoaded()
    {
        using var decoder = await natives.LoadSampleAsync(o => o with { MaxSequences = 5, ContextTokens = 1000, BatchTokens = 300 });

        Assert.Equal(461, decoder.Info.VocabularySize);
        Assert.Equal("llama.cpp v0.5.0", decoder.Info.Engine);
        Assert.Equal(5, decoder.Info.MaxSequences);
        Assert.Equal(1024, decoder.Info.ContextTokens);
        Assert.Equal(300, decoder.Info.BatchTokens);
        Assert.NotEmpty(decoder.Info.ModelName);
        Assert.Equal(decoder.Tokenize("<|vision_start|>", parseSpecial: true), decoder.Info.ImageStartTokens);
        Assert.Equal(decoder.Tokenize("<|vision_end|>", parseSpecial: true), decoder.Info.ImageEndTokens);
    }
}
