using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace BlobCaptioner.Tests.Infra;

/// <summary>Where the sources of this build lie, and the Bicep compiler that was restored with it.</summary>
internal static class InfraFiles
{
    public static string Root { get; } = Metadata("RepositoryRoot");

    public static string Folder { get; } = Path.Combine(Root, "infra");

    private static string Compiler { get; } = Metadata("BicepCompiler");

    /// <summary>All C# of the hosts and the core, as text: what a setting or a metric must be found in.</summary>
    public static string Sources(string folder) => string.Concat(
        Directory.EnumerateFiles(Path.Combine(Root, "src", folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Select(File.ReadAllText));

    /// <summary>Runs the compiler; what it says of warnings and errors is in the second.</summary>
    public static async Task<(int ExitCode, string Errors, string Output)> BicepAsync(params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(Compiler), $"The compiler of this test is for linux-x64; '{Compiler}' is not there.");
        using var process = Process.Start(new ProcessStartInfo(Compiler, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await errors, await output);
    }

    /// <summary>A path that the build wrote into this assembly: see the project file.</summary>
    public static string Metadata(string key) =>
        typeof(InfraFiles).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
