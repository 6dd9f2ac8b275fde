using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BlobCaptioner.Tests.Hosting;

public sealed class SettingsTests
{
    private const string Azurite = "CaptionStorage=UseDevelopmentStorage=true";

    [Fact]
    public void AddCaptionIntake_ConnectionString_ReachesEveryService()
    {
        var settings = Settings(Azurite, "Storage:ImagesContainer=shop", "Storage:OutageTolerance=00:00:07", "Images:MaxMegapixels=7", "Captioning:Profile=default");
        using var services = new ServiceCollection().AddCaptionIntake(settings).AddCaptionQueue(settings).BuildServiceProvider();
        var storage = services.GetRequiredService<CaptionStorage>();
        Assert.Equal("http://127.0.0.1:10000/devstoreaccount1/shop", storage.Images.Uri.ToString());
        Assert.Equal(TimeSpan.FromSeconds(7), storage.Options.OutageTolerance);
        Assert.Same(storage, services.GetRequiredService<ImageIntake>().Storage);
        Assert.Contains("mp=7", services.GetRequiredService<ImagePreparer>().LimitsKey, StringComparison.Ordinal);
        Assert.Equal("default", services.GetRequiredService<Profile>().Name);
        Assert.Equal(5, services.GetRequiredService<QueueLoopOptions>().MaxTries);
        Assert.NotNull(services.GetRequiredService<Sweep>());
    }

    [Fact]
    public void AddCaptionStorage_EnvironmentVariables_AreReadWithDoubleUnderscores()
    {
        var prefix = $"T{Guid.NewGuid():N}_";
        string[] names = [$"{prefix}CaptionStorage__blobServiceUri", $"{prefix}CaptionStorage__queueServiceUri", $"{prefix}CaptionStorage__credential", $"{prefix}CaptionStorage__clientId"];
        string[] values = ["https://shop.blob.core.windows.net", "https://shop.queue.core.windows.net", "managedidentity", Guid.NewGuid().ToString()];
        foreach (var (name, value) in names.Zip(values))
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        var storage = StorageConnection.Connect(new ConfigurationBuilder().AddEnvironmentVariables(prefix).Build());
        Assert.Equal(new Uri("https://shop.blob.core.windows.net/images"), storage.Images.Uri);
        Assert.Equal(new Uri("https://shop.queue.core.windows.net/captions"), storage.Captions.Uri);
    }

    [Theory]
    [InlineData("managedidentity", "")]
    [InlineData("ManagedIdentity", "7e1f2d3c-0000-4000-8000-000000000001")]
    [InlineData("", "7e1f2d3c-0000-4000-8000-000000000001")]
    [InlineData("", "")]
    public void Connect_WaysToSignIn_AreTaken(string credential, string clientId)
    {
        var storage = StorageConnection.Connect(Settings(
            "CaptionStorage:blobServiceUri=https://a.blob.core.windows.net",
            "CaptionStorage:queueServiceUri=https://b.queue.core.usgovcloudapi.net",
            $"CaptionStorage:credential={credential}",
            $"CaptionStorage:clientId={clientId}"));
        Assert.Equal(new Uri("https://b.queue.core.usgovcloudapi.net/captions-poison"), storage.Poison.Uri);
    }

    [Theory]
    [InlineData("'CaptionStorage' is not set", "UseDevelopmentStorage=true", "Storage:MaxRetries=1")]
    [InlineData("both", "Remove one", Azurite, "CaptionStorage:blobServiceUri=https://a.blob.core.windows.net")]
    [InlineData("'CaptionStorage__queueServiceUri' is not set", "https://ACCOUNT.queue", "CaptionStorage:blobServiceUri=https://a.blob.core.windows.net")]
    [InlineData("is 'http://a'", "https address", "CaptionStorage:blobServiceUri=http://a")]
    [InlineData("'CaptionStorage__credential' is 'secret'", "managedidentity", "CaptionStorage:blobServiceUri=https://a", "CaptionStorage:queueServiceUri=https://b", "CaptionStorage:credential=secret")]
    [InlineData("'Images__MaxMegapixels' is '5000'", "between 1 and 2000", Azurite, "Images:MaxMegapixels=5000")]
    [InlineData("'Images__Timeout' is 'soon'", "hh:mm:ss", Azurite, "Images:Timeout=soon")]
    [InlineData("'Images__JpegQuality' is '92.5'", "whole number", Azurite, "Images:JpegQuality=92.5")]
    [InlineData("'Images__MaxMegaPixel' is not a setting", "Images__MaxMegapixels", Azurite, "Images:MaxMegaPixel=50")]
    [InlineData("'Images__MaxBytes' is not a setting", "Images__MaxMegabytes", Azurite, "Images:MaxBytes=50")]
    [InlineData("'Storage__ImagesContainer' is 'a'", "63", Azurite, "Storage:ImagesContainer=a")]
    [InlineData("'Captioning__Profile' is 'shoes'", "default", Azurite, "Captioning:Profile=shoes")]
    public void AddCaptionIntake_WrongSetting_IsNamedWithItsValueAndTheWayOut(string named, string wayOut, params string[] settings)
    {
        var error = Assert.Throws<SettingsException>(() => Check(new ServiceCollection().AddCaptionIntake(Settings(settings))));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains(wayOut, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddCaptionQueue_ValueOfTheSectionsOwnName_IsSomebodyElses()
    {
        Check(new ServiceCollection().AddCaptionQueue(Settings("Queue=foo", "Storage=bar", "Queue:MaxTries=7", "Queue:RetryDelay=00:00:00", "CaptionStorage=UseDevelopmentStorage=true")));
    }

    [Fact]
    public void AddCaptionModel_PropertyWithoutSetter_IsNotASetting()
    {
        var services = new ServiceCollection().AddCaptionModel(Settings("Model:IsSample=true"), _ => throw new InvalidOperationException());
        Assert.Contains("'Model__IsSample' is not a setting", Assert.Throws<SettingsException>(() => Check(services)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Connect_BrokenConnectionString_IsNotRepeatedInTheError()
    {
        var error = Assert.Throws<SettingsException>(() => StorageConnection.Connect(Settings("CaptionStorage=AccountKey=c2VjcmV0")));
        Assert.DoesNotContain("c2VjcmV0", error.Message, StringComparison.Ordinal);
        Assert.Contains("'CaptionStorage'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddCaptionQueue_TwoWrongSettings_AreNamedTogether()
    {
        var error = Assert.Throws<SettingsException>(() => Check(new ServiceCollection().AddCaptionQueue(Settings(Azurite, "Queue:MaxTries=0", "Queue:Lookahead=65"))));
        Assert.Contains("'Queue__MaxTries' is '0'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'Queue__Lookahead' is '65'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PipelineEvents_TwoListeners_AreBothTold()
    {
        var told = new List<string>();
        using var services = new ServiceCollection()
            .AddSingleton<Action<PipelineEvent>>(e => told.Add("a " + e.Name))
            .AddSingleton<Action<PipelineEvent>>(e => told.Add("b " + e.Name))
            .BuildServiceProvider();
        CaptionServices.PipelineEvents(services)!(new() { Kind = PipelineEventKind.Enqueued, Name = "red.jpg", At = default });
        Assert.Equal(["a red.jpg", "b red.jpg"], told);
    }

    private static void Check(IServiceCollection services)
    {
        using var provider = services.BuildServiceProvider();
        provider.CheckSettings();
    }

    private static IConfiguration Settings(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>(s[..s.IndexOf('=', StringComparison.Ordinal)], s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..])))
        .Build();
}
