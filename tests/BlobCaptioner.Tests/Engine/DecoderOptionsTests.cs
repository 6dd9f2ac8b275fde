using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Options;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

public sealed class DecoderOptionsTests
{
    public static TheoryData<string, DecoderOptions> Wrong => new()
    {
        { "'TextModelPath'", BundledModel.Options with { TextModelPath = " " } },
        { "VisionModelPath", BundledModel.Options with { VisionModelPath = "" } },
        { "'MaxSequences' is '257'. It must be between 1 and 256.", BundledModel.Options with { MaxSequences = 257 } },
        { "'ContextTokens' is '255'. It must be between 256 and", BundledModel.Options with { ContextTokens = 255 } },
        { "'BatchTokens' is '8193'. It must be at most ContextTokens, 8192.", BundledModel.Options with { BatchTokens = 8193 } },
        { "'Threads' is '0'. It must be between", BundledModel.Options with { Threads = 0 } },
        { "'ImageThreads' is '513'. It must be between", BundledModel.Options with { ImageThreads = 513 } },
        { "'GpuLayers' is '-2'. It must be between", BundledModel.Options with { GpuLayers = -2 } },
        { "'ImageMinTokens' is '0'. It must be between", BundledModel.Options with { ImageMinTokens = 0 } },
        { "'CacheType' is 'Q8_0'. llama.cpp reads such a cache with flash attention only", BundledModel.Options with { CacheType = KvCacheType.Q8_0, FlashAttention = false } },
        { "'ImageMaxTokens' is '9'. It must be at least ImageMinTokens, 10.", BundledModel.Options with { ImageMinTokens = 10, ImageMaxTokens = 9 } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_OutOfRange_NamesValueAndRange(string expected, DecoderOptions options) =>
        Assert.Contains(expected, Assert.Throws<OptionsValidationException>(() => new DecoderOptionsValidator().Require(options)).Message, StringComparison.Ordinal);

    [Fact]
    public void Validate_Defaults_Pass() => new DecoderOptionsValidator().Require(BundledModel.Options);

    [Theory]
    [InlineData("auto", "auto", true, null)]
    [InlineData("ggml", "on", false, true)]
    [InlineData("auto", "off", true, false)]
    public void WithAttention_Names_AreTheChoices(string kernel, string flash, bool own, bool? on)
    {
        var options = BundledModel.Options.WithAttention(kernel, flash);

        Assert.Equal((own, on), (options.UseOwnAttention, options.FlashAttention));
    }

    [Theory]
    [InlineData("cuda", "auto", "'cuda' is not an attention kernel; use auto or ggml.")]
    [InlineData("auto", "yes", "'yes' is not a choice of flash attention; use auto, on, off.")]
    public void WithAttention_UnknownName_ListsThose(string kernel, string flash, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<ArgumentException>(() => BundledModel.Options.WithAttention(kernel, flash)).Message, StringComparison.Ordinal);
}
