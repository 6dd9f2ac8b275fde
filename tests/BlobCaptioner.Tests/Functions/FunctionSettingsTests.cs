using BlobCaptioner.Hosting.Describe;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline.Intake;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>What a wrong setting of the function app says.</summary>
public sealed class FunctionSettingsTests
{
    [Theory]
    [InlineData("BlobTrigger__Source", null, "EventGrid, Polling, or None")]
    [InlineData("BlobTrigger__Source", "Both", "EventGrid or Polling or None")]
    [InlineData("Sweep__Schedule", null, "Sweep__Schedule")]
    [InlineData("Sweep__MaxDuration", "02:00:00", "Sweep__MaxDuration")]
    [InlineData("BlobTrigger__Source", "None", "the app would have no function")]
    [InlineData("Describe__ModelWait", "00:09:00", "Describe__ModelWait")]
    [InlineData("Describe__Enabled", "yes", "true or false")]
    [InlineData("IntakeRetry__MaxAttempts", "0", "IntakeRetry__MaxAttempts")]
    public void AddCaptionFunctions_WrongSetting_SaysWhatItTakes(string name, string? value, string says)
    {
        // As the host reads environment variables.
        var values = FunctionsApp.SampleSettings().Append(KeyValuePair.Create(name, value!))
            .GroupBy(v => v.Key.Replace("__", ":", StringComparison.Ordinal), v => (string?)v.Value, StringComparer.Ordinal)
            .Select(v => KeyValuePair.Create(v.Key, v.Last()));
        using var services = new ServiceCollection().AddCaptionFunctions(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).BuildServiceProvider();
        var error = Assert.Throws<SettingsException>(services.CheckSettings);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddCaptionFunctions_DescribesOnly_NeedsNothingOfTheIntake()
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["CaptionStorage"] = "UseDevelopmentStorage=true",
            ["BlobTrigger:Source"] = "none",
            ["Describe:Enabled"] = "True",
        };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        using var services = new ServiceCollection().AddCaptionFunctions(configuration).BuildServiceProvider();
        services.CheckSettings();
        var selection = services.GetRequiredService<FunctionSelection>();
        string[] all = ["Describe", "IngestByPolling", "IngestFromEventGrid", "MarkPoisonImage", "MarkPoisonJob", "RetryIntake", "Sweep"];
        Assert.Equal(["Describe"], all.Where(selection.Includes));
        Assert.Null(services.GetService<IntakeRetry>());
    }

    [Fact]
    public void AddCaptionDescribe_NoEngineAndNoServer_SaysWhatToDo()
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["CaptionStorage"] = "UseDevelopmentStorage=true", ["Describe:Enabled"] = "true" };
        ServiceCollection Services(params (string Key, string Value)[] more) => (ServiceCollection)new ServiceCollection().AddCaptionDescribe(
            new ConfigurationBuilder().AddInMemoryCollection(settings).AddInMemoryCollection(more.Select(m => KeyValuePair.Create(m.Key, (string?)m.Value))).Build(), local: null);
        Assert.Contains("Backend=None", Assert.Throws<SettingsException>(() => Services()).Message, StringComparison.Ordinal);
        Assert.Contains(Services(("Remote:Endpoint", "http://gpu:8000"), ("Remote:Model", "qwen")), s => s.ServiceType == typeof(DescribeService));
        Assert.Empty(Services(("Describe:Enabled", "false")));
    }
}
