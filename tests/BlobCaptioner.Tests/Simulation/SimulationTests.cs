using BlobCaptioner.Tests.Simulation.World;
using Xunit;

namespace BlobCaptioner.Tests.Simulation;

/// <summary>As many seeds as fit into a minute. More: <c>dotnet run --project tests/BlobCaptioner.Tests -- simulate --seeds 100000 --from 1</c>.</summary>
[Collection(WholeMachineCollection.Name)]
public sealed class SimulationTests
{
    /// <summary>Fewer would say little: something has become slow, or the machine does other work.</summary>
    private const int FewestSeeds = 200;
    private const ulong FirstSeed = 1;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(60);

    [Fact]
    public void Run_SeedsOfAMinute_AllHold()
    {
        var runner = new SimulationRunner();
        var summary = runner.Run(FirstSeed, long.MaxValue, Time, Environment.ProcessorCount);
        TestContext.Current.SendDiagnosticMessage(summary);
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        Assert.True(runner.Failure is null, runner.Failure);
        Assert.True(runner.Seeds >= FewestSeeds, $"Only {summary} At least {FewestSeeds} seeds must run.");
    }

    [Fact]
    public void Run_OneSeedTwice_TakesTheSameSteps()
    {
        foreach (var seed in Enumerable.Range(5000, 15))
        {
            var (first, second) = (Run((ulong)seed), Run((ulong)seed));
            Assert.Equal(first, second);
        }

        static (ulong Trace, long Steps, string? Broken) Run(ulong seed)
        {
            var world = new SimulatedWorld(WorldPlan.Draw(seed), keepsLog: false);
            var broken = world.Run()?.Kind;
            return (world.Loop.Trace, world.Loop.Steps, broken);
        }
    }
}
