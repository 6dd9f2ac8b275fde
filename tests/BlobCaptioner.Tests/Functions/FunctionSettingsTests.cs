using BlobCaptioner.Hosting.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>What a wrong setting of the function app says.</summary>
public sealed class FunctionSettingsTests
{
    [Theory]
    [InlineData("BlobTrigger__Source", null, "EventGrid or Polling")]
    [InlineData("BlobTrigger__Source", "Both", "EventGrid or Polling")]
    [InlineData("Sweep__Schedule", null, "Sweep__Schedule")]
    [InlineData("Sweep__MaxDuration", "02:00:00", "Sweep__MaxDuration")]
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
}
