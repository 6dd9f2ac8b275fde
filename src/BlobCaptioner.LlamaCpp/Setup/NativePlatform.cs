using System.Runtime.InteropServices;

namespace BlobCaptioner.LlamaCpp.Setup;

/// <summary>Where the prebuilt libraries for one kind of machine come from.</summary>
/// <param name="Rid">.NET's runtime identifier.</param>
/// <param name="NpmPackage">The npm package that holds them; named in npm/package.json too.</param>
/// <param name="BinariesFolder">Their folder inside the package.</param>
internal sealed record NativePlatform(string Rid, string NpmPackage, string BinariesFolder)
{
    /// <summary>Every supported one. To add one: a row here, its package in npm/package.json and the lock file.</summary>
    public static IReadOnlyList<NativePlatform> Supported { get; } = [new("linux-x64", "@node-llama-cpp/linux-x64", "bins/linux-x64")];

    /// <summary>This machine's.</summary>
    /// <exception cref="NativeSetupException">It is not supported.</exception>
    public static NativePlatform Current => For(CurrentRid);

    /// <summary>This machine's runtime identifier without the distribution: <c>linux-x64</c>, <c>osx-arm64</c>.</summary>
    public static string CurrentRid
    {
        get
        {
            var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsWindows() ? "win" : "unknown";
            return $"{system}-{RuntimeInformation.OSArchitecture}".ToLowerInvariant();
        }
    }

    /// <summary>The row for a runtime identifier.</summary>
    /// <exception cref="NativeSetupException">There is none.</exception>
    public static NativePlatform For(string rid) =>
        Supported.FirstOrDefault(p => string.Equals(p.Rid, rid, StringComparison.Ordinal))
        ?? throw new NativeSetupException(
            $"The embedded model runs on {string.Join(", ", Supported.Select(p => p.Rid))}; this machine is {rid}. "
            + $"Use a container or WSL2, or build llama.cpp v{Interop.NativeAbi.Version} with libmtmd yourself and set {NativeLibraries.OverrideVariable} to its folder.");
}
