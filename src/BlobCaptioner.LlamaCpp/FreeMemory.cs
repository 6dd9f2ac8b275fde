using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp;

/// <summary>Memory that a model can be loaded into.</summary>
/// <param name="Bytes">How much is free.</param>
/// <param name="IsOnGpu">True for a GPU's, false for the machine's.</param>
public readonly record struct FreeMemory(long Bytes, bool IsOnGpu)
{
    /// <summary>
    /// The GPU's where llama.cpp is loaded and found one that <paramref name="gpuLayers"/> lets it use; else what the machine can give without swapping, or its container.
    /// </summary>
    /// <param name="gpuLayers">As <see cref="LlamaCppOptions.GpuLayers"/>.</param>
    public static unsafe FreeMemory Find(int gpuLayers)
    {
        if (gpuLayers != 0 && NativeLoader.LoadedFrom is not null && LlamaNative.ggml_backend_dev_by_type(LlamaNative.GpuDevice) is var device and not 0)
        {
            nuint free, total;
            LlamaNative.ggml_backend_dev_memory(device, &free, &total);
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
