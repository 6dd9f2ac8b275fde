using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Images;
using BlobCaptioner.Models;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Worker;

public sealed class WorkerSettingsTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Worker:HandBackTime=00:06:00", "Worker__HandBackTime")]
    [InlineData("Worker:ShutdownGrace=soon", "Worker__ShutdownGrace")]
    [InlineData("Engine:Slots=65", "Engine__Slots")]
    [InlineData("Engine:Slot=8", "Engine__Slots")]
    [InlineData("Engine:GpuLayers=-2", "Engine__GpuLayers")]
    [InlineData("Engine:Attention=own", "Engine__Attention")]
    [InlineData("Engine:FlashAttention=yes", "Engine__FlashAttention")]
    [InlineData("Model:Path=/models/text.gguf", "Model__MmprojPath")]
    [InlineData("Model:MmprojPath=/models/mmproj.gguf", "Model__Path")]
    [InlineData("Remote:Model=qwen", "Remote__Endpoint")]
    public void AddCaptionWorker_WrongSetting_NamesIt(string setting, string named)
    {
        using var services = new ServiceCollection().AddCaptionWorker(Settings(setting), _ => throw new InvalidOperationException()).BuildServiceProvider();
        var error = Assert.Throws<SettingsException>(services.CheckSettings);

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddCaptionWorker_RemoteSet_AsksTheServerInPlaceOfTheLocalModel()
    {
        var settings = Settings("Remote:Endpoint=http://127.0.0.1:9", "Remote:Model=qwen", "Remote:MaxRetries=0");
        await using var services = new ServiceCollection().AddLogging()
            .AddCaptionModel(settings, _ => throw new InvalidOperationException("the local model was asked for")).BuildServiceProvider();

        var error = await Assert.ThrowsAsync<CaptionException>(() => services.GetRequiredService<CaptionModelFactory>()(Cancellation));

        Assert.Contains("127.0.0.1:9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ContextTokensFor_NothingSet_HoldsTheLongestAnswerInEverySlot()
    {
        var profile = BuiltInProfiles.Sample;

        var one = new EngineOptions { Slots = 1 }.ContextTokensFor(profile);
        var eight = new EngineOptions { Slots = 8 }.ContextTokensFor(profile);

        Assert.InRange((eight - one) / 7, profile.ImageTokenBudget + profile.Fields.Where(f => f.Kind == FieldKind.Text).Sum(f => f.MaxCharacters), 100_000);
        Assert.Equal(4096, new EngineOptions { ContextTokens = 4096 }.ContextTokensFor(profile));
    }

    [Fact]
    public async Task FindAsync_PathsGiven_AreTakenWhereTheyLie()
    {
        var folder = azurite.CreateFolder();
        var (text, vision) = (Path.Combine(folder, "a.gguf"), Path.Combine(folder, "b.gguf"));
        await File.WriteAllTextAsync(text, "x", Cancellation);
        var options = new ModelOptions { Path = text, MmprojPath = vision };

        var error = await Assert.ThrowsAsync<ModelException>(() => ModelFinder.FindAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancellation));
        Assert.Contains($"'Model__MmprojPath' is '{vision}'", error.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(vision, "x", Cancellation);
        Assert.Equal(new(text, vision), await ModelFinder.FindAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancellation));
    }

    [Fact]
    public async Task FindAsync_NameOnTheShare_IsTakenWithoutADownload()
    {
        var folder = azurite.CreateFolder();
        var model = ModelCatalog.BuiltIn.Models[0];
        foreach (var file in (CatalogFile[])[model.Text, model.Vision[0]])
        {
            await using var sparse = File.Create(Path.Combine(folder, file.Name));
            sparse.SetLength(file.Bytes);
        }

        var options = new ModelOptions { Name = model.Name, Directory = folder, Mirror = "http://127.0.0.1:9" };
        var found = await ModelFinder.FindAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancellation);

        Assert.Equal(Path.Combine(folder, model.Text.Name), found.Text);
    }

    [Fact]
    public async Task SelfTest_ModelAnswers_PassesAndSaysWhat()
    {
        using var preparer = new ImagePreparer(new ImageOptions());
        var output = new StringWriter();

        var code = await SelfTest.RunAsync(
            _ => Task.FromResult<ICaptionModel>(new ScriptedModel()), preparer, BuiltInProfiles.Sample, TimeProvider.System, output, Cancellation);

        Assert.Equal(0, code);
        Assert.Contains("category: mug", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("self-test passed", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SelfTest_ModelDoesNotLoad_FailsAndSaysWhy()
    {
        using var preparer = new ImagePreparer(new ImageOptions());
        var output = new StringWriter();

        var code = await SelfTest.RunAsync(_ => throw new ModelException("no such model"), preparer, BuiltInProfiles.Sample, TimeProvider.System, output, Cancellation);

        Assert.Equal((1, "self-test failed: no such model\n"), (code, output.ToString()));
    }

    private static IConfiguration Settings(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Append("CaptionStorage=UseDevelopmentStorage=true").Select(s => KeyValuePair.Create(s[..s.IndexOf('=', StringComparison.Ordinal)], (string?)s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..])))
        .Build();
}
