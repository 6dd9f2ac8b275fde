using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Natives;

/// <summary>Errors of loading llama.cpp's libraries, with what to install.</summary>
internal static class NativeErrors
{
    // In the message of GNU's loader: the one library that the packages need and a slim image lacks.
    private const string OpenMp = "libgomp.so.1";

    // Windows's code for a library whose dependency is missing: here MSVCP140.dll or VCOMP140.dll.
    private const string ModuleNotFound = "0x8007007E";

    /// <summary>No folder loads.</summary>
    /// <param name="own">The folder that <see cref="NativeLibraries.FolderVariable"/> names; null or empty for none.</param>
    /// <param name="root">The program's own folder.</param>
    /// <param name="failures">The system's message for each folder that was tried.</param>
    public static SequenceDecoderException NotLoaded(string? own, string root, IReadOnlyList<string> failures)
    {
        if (failures.Count == 0)
        {
            return new(
                $"'{root}' holds no llama.cpp for this machine. A program built with -p:Backend=None works with a model server (--server) only. " +
                $"Else build it with -p:Backend=Cpu (the default) and for this platform (dotnet build -r ...), or name a folder of libraries in {NativeLibraries.FolderVariable}.");
        }

        var said = string.Join("; ", failures.Distinct(StringComparer.Ordinal));
        var remedy = said.Contains(OpenMp, StringComparison.Ordinal)
            ? "Install GNU's OpenMP: sudo apt-get install -y libgomp1 (Debian, Ubuntu), sudo dnf install libgomp (Fedora)."
            : said.Contains("GLIBC", StringComparison.Ordinal) ? "The libraries need glibc 2.34 or newer (Debian 12, Ubuntu 22.04, Fedora 35), on ARM 2.38 (Debian 13, Ubuntu 24.04, Fedora 39)."
            : !string.IsNullOrEmpty(own) ? $"{NativeLibraries.FolderVariable} must name a folder with libllama, libmtmd and libggml of {NativeAbi.Version}; unset it to use the program's own."
            : said.Contains(ModuleNotFound, StringComparison.Ordinal) ? "Install Microsoft's Visual C++ Redistributable: https://aka.ms/vs/17/release/vc_redist.x64.exe (vc_redist.arm64.exe on ARM)."
            : "Build the program again; 'captioner doctor' checks it.";
        return new($"llama.cpp's libraries do not load. {remedy} The system says: {said}");
    }

    /// <summary>LLamaSharp can't work with what was loaded.</summary>
    public static SequenceDecoderException Unfit(string folder, Exception error) => new(
        $"{NativeLibraries.Engine} can't use the libraries in '{folder}'. Use libllama, libmtmd and libggml of {NativeAbi.Version}. " +
        $"It says: {(error.InnerException ?? error).Message.Split('\n')[0].Trim()}",
        error);

    /// <summary>Why nothing computes on a GPU, and what would.</summary>
    /// <param name="folder">The folder that was loaded.</param>
    /// <param name="carriesCuda">Whether there are libraries for one.</param>
    /// <param name="hasDriver">Whether NVIDIA's driver loads.</param>
    /// <param name="failures">As for <see cref="NotLoaded"/>.</param>
    public static string NoGpu(string folder, bool carriesCuda, bool hasDriver, IReadOnlyList<string> failures) =>
        !carriesCuda ? "this program was built without CUDA; build it with -p:Backend=Cuda12"
        : !hasDriver ? $"NVIDIA's driver is missing ({NativeFolders.Driver} does not load); install it, or give the container the GPU (docker run --gpus all)"
        : failures.Count > 0 ? $"CUDA's libraries do not load; install the CUDA 12 runtime (in a container, use its runtime image). The system says: {failures[0]}"
        : $"llama.cpp found no GPU with the libraries in '{folder}'; check nvidia-smi";
}
