using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp;
using BlobCaptioner.LlamaCpp.Interop;
using LLama.Exceptions;
using LLama.Native;

namespace BlobCaptioner.GpuWorker.Decoding;

/// <summary>Has LLamaSharp load its native libraries, once a process: those of its backend packages, or of a folder.</summary>
internal static partial class LLamaSharpRuntime
{
    /// <summary>Environment variable that names a folder with <c>libllama.so</c> and <c>libmtmd.so</c> to use in place of the backend package's.</summary>
    public const string FolderVariable = "BLOBCAPTIONER_NATIVES";

    /// <summary>What computes, for receipts: the version that Directory.Packages.props names.</summary>
    public const string Engine = "LLamaSharp 0.28.0";

    private static readonly Lock Gate = new();
    private static readonly NativeLogConfig.LLamaLogCallback OnLine = Append;
    private static bool s_loaded;

    /// <summary>True where the loaded libraries can compute on a GPU.</summary>
    public static bool HasGpu => NativeApi.llama_supports_gpu_offload();

    /// <summary>Loads them; later calls only change who gets the log.</summary>
    /// <exception cref="SequenceDecoderException">They don't load.</exception>
    public static void Load(ILogger? logger)
    {
        lock (Gate)
        {
            NativeLog.Logger = logger;
            if (s_loaded)
            {
                return;
            }

            var folder = Environment.GetEnvironmentVariable(FolderVariable);
            try
            {
                var config = NativeLibraryConfig.All.WithLogCallback(OnLine).WithAutoFallback();
                if (!string.IsNullOrEmpty(folder))
                {
                    config.WithLibrary(Path.Combine(folder, "libllama.so"), Path.Combine(folder, "libmtmd.so"));
                }

                NativeApi.llama_empty_call();
                _ = NativeApi.MtmdDefaultMarker();
                AttachMtmdLog();
                s_loaded = true;
            }
            catch (Exception error) when (error is RuntimeError or TypeInitializationException or DllNotFoundException or EntryPointNotFoundException)
            {
                throw new SequenceDecoderException(
                    $"LLamaSharp could not load llama.cpp{(folder is null ? "" : $" from '{folder}' ({FolderVariable})")}: {(error.InnerException ?? error).Message.Split('\n')[0].Trim()} "
                    + "In a container, use the CUDA 12 runtime image; on a machine without a GPU, publish with -p:LlamaBackend=Cpu.",
                    error);
            }
        }
    }

    /// <summary>Says on what it computes, and warns where a GPU was asked for and is not used: the bill of a GPU for the work of a CPU.</summary>
    public static void Report(ILogger? logger, int gpuLayers)
    {
        if (logger is null)
        {
            return;
        }

        if (HasGpu || gpuLayers == 0)
        {
            Computing(logger, HasGpu && gpuLayers != 0 ? "a GPU" : "the CPU");
        }
        else
        {
            NoGpu(logger);
        }
    }

    /// <summary>The GPU's free memory where a model may use one, else the machine's. Loads the libraries first.</summary>
    /// <exception cref="SequenceDecoderException">They don't load.</exception>
    public static unsafe FreeMemory FindFreeMemory(ILogger? logger, int gpuLayers)
    {
        const int GpuDevice = 1;
        Load(logger);
        if (gpuLayers == 0 || !HasGpu || NativeCalls.ggml_backend_dev_by_type(GpuDevice) is not (var device and not 0))
        {
            return FreeMemory.Find(gpuLayers: 0);
        }

        nuint free, total;
        NativeCalls.ggml_backend_dev_memory(device, &free, &total);
        return new((long)free, IsOnGpu: true);
    }

    private static unsafe void AttachMtmdLog() => NativeCalls.mtmd_helper_log_set(NativeLog.Callback, null);

    private static void Append(LLamaLogLevel level, string message)
    {
        try
        {
            NativeLog.Append((int)level, message);
        }
        catch (Exception)
        {
            // A logger's fault must not unwind through native frames: that ends the process.
        }
    }

    [LoggerMessage(4101, LogLevel.Information, "The model computes on {Device}")]
    private static partial void Computing(ILogger logger, string device);

    [LoggerMessage(
        4102, LogLevel.Warning,
        "No GPU is used: llama.cpp was loaded without one. Check the container's GPU (nvidia-smi), its CUDA 12 runtime, and LLamaSharp.Backend.Cuda12; or set Engine__GpuLayers=0 for the CPU")]
    private static partial void NoGpu(ILogger logger);
}
