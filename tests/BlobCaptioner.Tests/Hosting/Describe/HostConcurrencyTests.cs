using BlobCaptioner.Hosting.Describe;
using BlobCaptioner.Tests.Infra;
using BlobCaptioner.Tests.LocalStack;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Describe;

/// <summary>What the describing process says where the Functions host is set for another model.</summary>
public sealed class HostConcurrencyTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Nine = TimeSpan.FromMinutes(9);

    [Fact]
    public void Read_OurHostJson_FitsTheDefaultSlotsAndTime()
    {
        var host = HostConcurrency.Read(new ConfigurationBuilder().Build(), InfraFiles.Root);
        Assert.Equal(new HostConcurrency(8, 12, TimeSpan.FromMinutes(10)), host);
        Assert.Empty(host.Problems(new BlobCaptioner.Hosting.Worker.EngineOptions().Slots, new BlobCaptioner.Hosting.Settings.DescribeOptions().MaxDuration));
    }

    [Fact]
    public void Read_VariablesAndFile_VariablesWinAndTheExtensionsOwnAreKnown()
    {
        var folder = azurite.CreateFolder();
        Assert.Equal(new HostConcurrency(16, 8, null), HostConcurrency.Read(new ConfigurationBuilder().Build(), folder));
        File.WriteAllText(Path.Combine(folder, "host.json"), """{"functionTimeout":"-1","extensions":{"queues":{"batchSize":2,"newBatchThreshold":1}}}""");
        var variables = new ConfigurationBuilder().AddInMemoryCollection([new("AzureFunctionsJobHost:extensions:queues:batchSize", "5")]).Build();
        Assert.Equal(new HostConcurrency(5, 1, null), HostConcurrency.Read(variables, folder));
    }

    [Theory]
    [InlineData(1, 0, 8, "slots stay empty", "batchSize to 8 and", "newBatchThreshold to 12.")]
    [InlineData(32, 32, 4, "pictures wait in the process", "batchSize to 4 and", "newBatchThreshold to 8.")]
    [InlineData(4, 4, 64, "slots stay empty", "batchSize to 32 and", "newBatchThreshold to 100.")]
    public void Problems_BatchesDontFit_SaysWhatToSet(int batch, int threshold, int slots, params string[] says)
    {
        var problem = Assert.Single(new HostConcurrency(batch, threshold, FunctionTimeout: null).Problems(slots, Nine));
        Assert.All(says, part => Assert.Contains(part, problem, StringComparison.Ordinal));
    }

    [Fact]
    public void Problems_HostIsFaster_SaysSo() => Assert.Contains(
        "Describe__MaxDuration is 00:09:00", Assert.Single(new HostConcurrency(8, 12, TimeSpan.FromMinutes(5)).Problems(8, Nine)), StringComparison.Ordinal);
}
