using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace BlobCaptioner.Engine.Natives;

/// <summary>Where LLamaSharp's backend packages put their libraries, and which of them this machine can run.</summary>
internal static class NativeFolders
{
    /// <summary>The folder of LLamaSharp.Backend.Cuda12.</summary>
    public const string Cuda = "cuda12";

    /// <summary>NVIDIA's driver. LLamaSharp asks for the CUDA toolkit instead, which machines that only run programs mostly lack.</summary>
    public static string Driver { get; } = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>Of this program: <c>runtimes/linux-x64/native</c> beside it.</summary>
    public static string Root { get; } = Path.Combine(AppContext.BaseDirectory, "runtimes", Platform, "native");

    /// <summary>The platform as packages name it: <c>linux-x64</c>, <c>linux-musl-x64</c>, <c>osx-arm64</c>, <c>win-x64</c>.</summary>
    private static string Platform
    {
        get
        {
            var os = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx"
                : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl" : "linux";
            return $"{os}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <summary>A library's file name: <c>libllama.so</c>, <c>libllama.dylib</c>, <c>llama.dll</c>.</summary>
    public static string FileOf(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : $"lib{library}{(OperatingSystem.IsMacOS() ? ".dylib" : ".so")}";

    /// <summary>The folders under <paramref name="root"/> that hold a libllama which this processor can run, best first.</summary>
    /// <param name="root">As <see cref="Root"/>.</param>
    /// <param name="withCuda">Whether to begin with CUDA's.</param>
    public static IEnumerable<string> Candidates(string root, bool withCuda)
    {
        // The package's AVX-512 build uses VBMI, and has no VNNI in its kernels; LLamaSharp asks for both.
        string?[] names =
        [
            withCuda ? Cuda : null,
            Avx512F.IsSupported && Avx512BW.IsSupported && Avx512Vbmi.IsSupported ? "avx512" : null,
            Avx2.IsSupported && Fma.IsSupported ? "avx2" : null,
            Avx.IsSupported ? "avx" : null,
            "noavx",
            Avx.IsSupported ? null : "rosetta2",
            "",
        ];
        return names.OfType<string>().Select(n => Path.Combine(root, n)).Where(Holds);
    }

    /// <summary>The folder with ggml's code for the processor: LLamaSharp.Backend.Cuda12 has none and counts on that of LLamaSharp.Backend.Cpu.</summary>
    public static string OfProcessor(string folder, string root) =>
        File.Exists(Path.Combine(folder, FileOf("ggml-cpu"))) ? folder : Candidates(root, withCuda: false).FirstOrDefault(folder);

    /// <summary>True if a folder holds libllama.</summary>
    public static bool Holds(string folder) => File.Exists(Path.Combine(folder, FileOf("llama")));
}
