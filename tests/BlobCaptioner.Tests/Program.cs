using BlobCaptioner.Tests.Chaos;
using BlobCaptioner.Tests.Simulation;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace BlobCaptioner.Tests;

/// <summary>The entry point that xunit would generate, and the commands of the simulation and of chaos.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args switch
    {
        [SimulateCommand.Name, .. var arguments] => SimulateCommand.Run(arguments),
        [ChaosCommand.Name, .. var arguments] => await ChaosCommand.RunAsync(arguments),
        _ when args.Any(a => a is "--server" or "--internal-msbuild-node") => await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => await ConsoleRunner.Run(args),
    };
}
