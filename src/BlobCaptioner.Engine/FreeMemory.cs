using BlobCaptioner.Engine.Natives;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Engine;

/// <summary>Memory that a model can be loaded into.</summary>
/// <param name="Bytes">How much is free.</param>
/// <param name="IsOnGpu">True for a GPU's, false for the machine's.</param>
public readonly record struct FreeMemory(long Bytes, bool IsOnGpu)
{
    /// <summary>
    /// The GPU's where there is one that <paramref name="gpuLayers"/> lets llama.cpp use; else what the machine can give without swapping, or its container. Loads llama.cpp.
    /// </summary>
    /// <param name="gpuLayers">As <see cref="DecoderOptions.GpuLayers"/>.</param>
    /// <param name="logger">As for <see cref="NativeLibraries.Load(ILogger?)"/>.</param>
    /// <exception cref="Inference.SequenceDecoderException">llama.cpp does not load.</exception>
    public static unsafe FreeMemory Find(int gpuLayers, ILogger? logger = null)
    {
        if (gpuLayers != 0 && NativeLibraries.Load(logger).Gpu is not null)
        {
            nuint free, total;
            NativeCalls.ggml_backend_dev_memory(NativeCalls.ggml_backend_dev_by_type(NativeCalls.GpuDevice), &free, &total);
            return new((long)free, IsOnGpu: true);
        }

        // A container's limit, where there is one.
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new(Math.Min(limit, Available() ?? limit), IsOnGpu: false);
    }

    private static long? Available()
    {
        const string Name = "MemAvailable:";
        var line = File.Exists("/proc/meminfo") ? File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line is null ? null : long.Parse(line.AsSpan()[Name.Length..^2].Trim()) * 1024;
    }
}
