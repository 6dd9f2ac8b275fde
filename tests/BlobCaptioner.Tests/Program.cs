using BlobCaptioner.Tests.Simulation;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace BlobCaptioner.Tests;

/// <summary>The entry point that xunit would generate, and the simulation's command.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args is [SimulateCommand.Name, .. var arguments]
        ? SimulateCommand.Run(arguments)
        : args.Any(a => a is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
}
