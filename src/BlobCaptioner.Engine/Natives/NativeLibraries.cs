using System.Runtime.InteropServices;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Inference;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Engine.Natives;

/// <summary>
/// Loads llama.cpp, once a process, and has LLamaSharp use it: libllama, libmtmd and libggml of one folder, always (CUDA's package counts on the processor's libggml-cpu). LLamaSharp itself would choose a folder for each, and try CUDA only
/// where CUDA's toolkit is installed.
/// </summary>
public static class NativeLibraries
{
    /// <summary>Environment variable that names a folder with libllama, libmtmd and libggml to use in place of the backend package's: a build of one's own, of the same version.</summary>
    public const string FolderVariable = "BLOBCAPTIONER_NATIVES";

    /// <summary>Name and version for receipts. The version is that of Directory.Packages.props; the assembly states none.</summary>
    public const string Engine = "LLamaSharp 0.30.0";

    private static readonly Lock s_gate = new();
    private static readonly Dictionary<string, nint> s_handles = new(StringComparer.Ordinal);
    private static LoadedLibraries? s_loaded;

    /// <summary>Loads them and checks that they are what LLamaSharp was made for; later calls only replace the logger.</summary>
    /// <param name="logger">Takes llama.cpp's log. Null for none.</param>
    /// <exception cref="SequenceDecoderException">They don't load or are of another version. The message says what to install.</exception>
    public static LoadedLibraries Load(ILogger? logger = null)
    {
        NativeLog.Logger = logger;
        return Load(Environment.GetEnvironmentVariable(FolderVariable), NativeFolders.Root);
    }

    /// <summary>Whether a model with so many layers on the GPU (as <see cref="DecoderOptions.GpuLayers"/>) has one. The libraries must be loaded.</summary>
    internal static bool OnGpu(int gpuLayers) => gpuLayers != 0 && s_loaded!.Gpu is not null;

    /// <summary>The handle of a loaded library: <c>llama</c>, <c>mtmd</c>, <c>ggml</c>, <c>ggml-base</c>; 0 for others.</summary>
    internal static nint HandleOf(string library) => s_handles.GetValueOrDefault(library);

    /// <summary>The same from given folders.</summary>
    /// <param name="own">The one folder to use; null or empty for the best under <paramref name="root"/>.</param>
    /// <param name="root">As <see cref="NativeFolders.Root"/>.</param>
    internal static LoadedLibraries Load(string? own, string root)
    {
        lock (s_gate)
        {
            return s_loaded ??= LoadOnce(own, root);
        }
    }

    private static unsafe LoadedLibraries LoadOnce(string? own, string root)
    {
        var failures = new List<string>();
        var carriesCuda = NativeFolders.Holds(Path.Combine(root, NativeFolders.Cuda));
        var hasDriver = NativeLibrary.TryLoad(NativeFolders.Driver, out _);
        var folder = (string.IsNullOrEmpty(own) ? NativeFolders.Candidates(root, hasDriver) : [Path.GetFullPath(own)]).FirstOrDefault(f => TryOpen(f, root, failures))
            ?? throw NativeErrors.NotLoaded(own, root, failures);
        try
        {
            NativeAbi.CheckVersion(NativeCalls.Text(NativeCalls.ggml_version()), folder);
            NativeCalls.llama_log_set(NativeLog.Callback, null);
            NativeCalls.mtmd_helper_log_set(NativeLog.Callback, null);
            NativeLibraryConfig.All.WithLibrary(Path.Combine(folder, NativeFolders.FileOf("llama")), Path.Combine(folder, NativeFolders.FileOf("mtmd")));
            NativeApi.llama_empty_call();
            NativeAbi.CheckLayouts(folder);
        }
        catch (Exception error) when (error is RuntimeError or TypeInitializationException or EntryPointNotFoundException)
        {
            throw NativeErrors.Unfit(folder, error);
        }

        var device = NativeApi.llama_supports_gpu_offload() ? NativeCalls.ggml_backend_dev_by_type(NativeCalls.GpuDevice) : 0;
        return new(
            folder,
            device == 0 ? null : NativeCalls.Text(NativeCalls.ggml_backend_dev_description(device)),
            device != 0 ? null : NativeErrors.NoGpu(folder, carriesCuda || !string.IsNullOrEmpty(own), hasDriver, failures),
            carriesCuda || hasDriver);
    }

    // libmtmd first: it brings all others from its own folder, or nothing. One after the other, those that loaded would stay, for the next folder to find.
    private static bool TryOpen(string folder, string root, List<string> failures)
    {
        if (OperatingSystem.IsMacOS())
        {
            // The package's libraries name each other as libllama.0.dylib, and no such file exists. The loader finds libraries that are already loaded by their own name.
            foreach (var library in (string[])["ggml-base", "ggml-cpu", "ggml-metal", "ggml-blas", "ggml", "llama"])
            {
                NativeLibrary.TryLoad(Path.Combine(folder, NativeFolders.FileOf(library)), out _);
            }
        }

        try
        {
            var processor = NativeFolders.OfProcessor(folder, root);
            if (processor != folder)
            {
                // Brings its libggml-base, which the others then share: they find what is loaded by its name. If they fail, these two are those of the folder that is tried next.
                s_handles["ggml-cpu"] = NativeLibrary.Load(Path.Combine(processor, NativeFolders.FileOf("ggml-cpu")));
            }

            foreach (var (library, from) in ((string, string)[])[("mtmd", folder), ("llama", folder), ("ggml", folder), ("ggml-base", processor)])
            {
                s_handles[library] = NativeLibrary.Load(Path.Combine(from, NativeFolders.FileOf(library)));
            }

            return true;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            s_handles.Clear();

            // Before the last line stands .NET's advice to trace the loader.
            failures.Add(Directory.Exists(folder) ? error.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[^1] : $"'{folder}' is not a folder");
            return false;
        }
    }
}

/// <summary>The libraries that this process computes with.</summary>
/// <param name="Folder">The folder that all of them were loaded from.</param>
/// <param name="Gpu">The GPU that can be used; null without one.</param>
/// <param name="WhyNoGpu">Why no GPU is used, and the remedy, for people; null if one is.</param>
/// <param name="ExpectsGpu">True if the program carries CUDA or the machine has NVIDIA's driver, so that computing on the CPU is a mistake.</param>
public sealed record LoadedLibraries(string Folder, string? Gpu, string? WhyNoGpu, bool ExpectsGpu);
