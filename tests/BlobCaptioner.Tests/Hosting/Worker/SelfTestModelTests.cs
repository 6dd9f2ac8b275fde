using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.Engine;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Worker;

/// <summary>The worker's self-test with the bundled model on the real llama.cpp, in a context as large as the worker's settings make it.</summary>
public sealed class SelfTestModelTests
{
    private static readonly EngineOptions Engine = new() { Slots = 2 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SelfTest_BundledModel_WritesEveryFieldAndPasses()
    {
        var profile = BuiltInProfiles.Sample;

        var (code, output) = await RunAsync(profile, Engine.ContextTokensFor(profile));

        Assert.True(code == 0, output);
        Assert.All(profile.Fields, f => Assert.Matches($"(?m)^  {f.Name}: \\S", output));
        Assert.Contains("BlobCaptioner sample model on LLamaSharp", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SelfTest_FullListingOfAPictureWithoutABrand_Passes()
    {
        var profile = BuiltInProfiles.Default;

        var (code, output) = await RunAsync(profile, Engine.ContextTokensFor(profile));

        Assert.True(code == 0, output);
        Assert.Matches(@"(?m)^  brand: ?\r?$", output);
        Assert.Matches(@"(?m)^  description: \S", output);
    }

    [Fact]
    public async Task SelfTest_ContextTooSmallForThePicture_FailsAndSaysWhy()
    {
        var (code, output) = await RunAsync(BuiltInProfiles.Sample, contextTokens: 256);

        Assert.Equal(1, code);
        Assert.Contains("self-test failed: ", output, StringComparison.Ordinal);
        Assert.Contains("256", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(Profile profile, int contextTokens)
    {
        using var preparer = new ImagePreparer(new ImageOptions());
        await using var output = new StringWriter();
        var code = await SelfTest.RunAsync(
            async _ => new LocalCaptionModel(
                SampleDecoder.Load(o => o with { MaxSequences = Engine.Batching().Sequences, ContextTokens = contextTokens }), Engine.Batching()),
            preparer,
            profile,
            TimeProvider.System,
            output,
            Cancellation);
        return (code, output.ToString());
    }
}
