using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Remote;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

public sealed class RemoteModelOptionsTests
{
    private static RemoteModelOptions Valid => new() { Endpoint = new("http://127.0.0.1:8000"), Model = "qwen" };

    [Theory]
    [InlineData("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/")]
    [InlineData("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1/")]
    [InlineData("https://x.example/gateway/llm", "https://x.example/gateway/llm/")]
    [InlineData("https://shop.openai.azure.com", "https://shop.openai.azure.com/openai/v1/")]
    [InlineData("https://shop.services.ai.azure.com/openai/v1", "https://shop.services.ai.azure.com/openai/v1/")]
    public void BaseAddress_WithOrWithoutPath_EndsInTheApisVersion(string given, string used) =>
        Assert.Equal(used, new RemoteModelOptions { Endpoint = new(given) }.BaseAddress.ToString());

    [Fact]
    public void LimitsInSchema_AzureHost_IsOffUnlessSaid()
    {
        Assert.True(Valid.LimitsInSchema);
        Assert.False(new RemoteModelOptions { Endpoint = new("https://shop.openai.azure.com") }.LimitsInSchema);
        Assert.True(new RemoteModelOptions { Endpoint = new("https://shop.openai.azure.com"), SchemaMaxLength = true }.LimitsInSchema);
    }

    [Fact]
    public void Bind_SectionRemote_TakesEverySettingAndPassesValidation()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Remote:Endpoint"] = "https://shop.openai.azure.com",
            ["Remote:Model"] = "captions",
            ["Remote:UseManagedIdentity"] = "true",
            ["Remote:Timeout"] = "00:01:30",
            ["Remote:Concurrency"] = "16",
            ["Remote:InputPricePerMillion"] = "0.4",
            ["Remote:OutputPricePerMillion"] = "1.6",
        }).Build();
        var options = settings.GetSection(RemoteModelOptions.Section).Get<RemoteModelOptions>()!;
        Assert.Equal(("captions", true, TimeSpan.FromSeconds(90), 16, 0.4m), (options.Model, options.UseManagedIdentity, options.Timeout, options.Concurrency, options.InputPricePerMillion));
        Assert.True(new RemoteModelOptionsValidator().Validate(name: null, options).Succeeded);
    }

    public static TheoryData<string, Action<RemoteModelOptions>> Wrong => new()
    {
        { "Endpoint", o => o.Endpoint = null },
        { "http or https", o => o.Endpoint = new("ftp://127.0.0.1") },
        { "holds a user or password", o => o.Endpoint = new("http://me:secret@127.0.0.1") },
        { "needs an https address", o => o.UseManagedIdentity = true },
        { "Keep one", o => (o.ApiKey, o.ApiKeyEnvironment) = ("k", "K") },
        { "Model", o => o.Model = "" },
        { "Model", o => o.Model = "größe" },
        { "belong together", o => o.InputPricePerMillion = 1 },
        { "Concurrency", o => o.Concurrency = 0 },
        { "MaxRetryDelay", o => o.RetryDelay = TimeSpan.FromMinutes(4) },
        { "TopLogprobs", o => o.TopLogprobs = 21 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Create_OptionOutOfItsRange_SaysWhichWithoutSecrets(string said, Action<RemoteModelOptions> change)
    {
        var options = Valid;
        change(options);
        var error = Assert.Throws<OptionsValidationException>(() => RemoteCaptionModel.Create(options));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.True(new RemoteModelOptionsValidator().Validate(name: null, options).Failed);
    }

    [Fact]
    public async Task Create_KeyFromFile_IsReadWithoutItsNewlineAndMissingOnesAreNamed()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "from-file\n", TestContext.Current.CancellationToken);
            await using var server = await StubServer.StartAsync();
            await using var model = RemoteCaptionModel.Create(server.Options(o => o.ApiKeyFile = file));
            await model.DescribeAsync(new PreparedImage { Name = "a.jpg", Jpeg = new byte[] { 0xFF, 0xD8 } }, BuiltInProfiles.Sample, TestContext.Current.CancellationToken);
            Assert.Equal("Bearer from-file", Assert.Single(server.Keys));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Contains(file, Assert.Throws<ValidationException>(() => RemoteCaptionModel.Create(With(o => o.ApiKeyFile = file))).Message, StringComparison.Ordinal);
        Assert.Contains("'NO_SUCH_VARIABLE_7'", Assert.Throws<ValidationException>(() => RemoteCaptionModel.Create(With(o => o.ApiKeyEnvironment = "NO_SUCH_VARIABLE_7"))).Message, StringComparison.Ordinal);
    }

    private static RemoteModelOptions With(Action<RemoteModelOptions> change)
    {
        var options = Valid;
        change(options);
        return options;
    }
}
