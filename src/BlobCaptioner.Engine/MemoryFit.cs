using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Engine;

/// <summary>A way to load a model that fits into memory: as asked for if possible, else with fewer slots, a smaller cache or fewer layers on the GPU.</summary>
public sealed record MemoryFit
{
    /// <summary>Files, context, cache and layers.</summary>
    public required DecoderOptions Model { get; init; }

    /// <summary>Slots and prefixes.</summary>
    public required BatcherOptions Batching { get; init; }

    /// <summary>The memory that this takes.</summary>
    public required ModelMemory Memory { get; init; }

    /// <summary>All reductions of what was asked for, for people: <c>4 slots</c>; empty if none was needed.</summary>
    public IReadOnlyList<string> Steps =>
    [
        .. Batching.Slots < Asked.Batching.Slots ? [$"{Batching.Slots} slot{(Batching.Slots == 1 ? "" : "s")}"] : Array.Empty<string>(),
        .. Model.CacheType != Asked.Model.CacheType ? ["a KV cache of 8-bit numbers"] : Array.Empty<string>(),
        .. Model.GpuLayers != Asked.Model.GpuLayers ? [$"{Model.GpuLayers} of {Memory.Layers} layers on the GPU"] : Array.Empty<string>(),
    ];

    /// <summary>False if not even the smallest way fits by this estimate. Loading is tried nevertheless.</summary>
    public required bool Fits { get; init; }

    private (DecoderOptions Model, BatcherOptions Batching) Asked { get; init; }

    /// <summary>The first way to load that fits; the smallest one if none does.</summary>
    /// <param name="model">Asked for; its context is that for <paramref name="batching"/>.</param>
    /// <param name="batching">Asked for.</param>
    /// <param name="profile">The largest profile.</param>
    /// <param name="available">Bytes that are free.</param>
    /// <param name="isOnGpu">Whether these bytes are a GPU's.</param>
    public static MemoryFit Find(DecoderOptions model, BatcherOptions batching, Profile profile, long available, bool isOnGpu)
    {
        MemoryFit? last = null;
        foreach (var step in Ways(model, batching, profile, isOnGpu))
        {
            var memory = ModelMemory.Estimate(step.Model, profile.ImageTokenBudget, isOnGpu);
            last = new() { Model = step.Model, Batching = step.Batching, Memory = memory, Fits = memory.Total <= available, Asked = (model, batching) };
            if (last.Fits)
            {
                break;
            }
        }

        return last!;
    }

    /// <summary>Most slots that fit, up to 64; 0 if none fits.</summary>
    /// <param name="model">Asked for.</param>
    /// <param name="batching">Asked for.</param>
    /// <param name="profile">The largest profile.</param>
    /// <param name="available">Bytes that are free.</param>
    /// <param name="isOnGpu">Whether these bytes are a GPU's.</param>
    public static int MostSlots(DecoderOptions model, BatcherOptions batching, Profile profile, long available, bool isOnGpu)
    {
        const int Most = 64;
        return Enumerable.Range(1, Most).Reverse().FirstOrDefault(slots =>
            ModelMemory.Estimate(WithSlots(model, batching, profile, slots).Model, profile.ImageTokenBudget, isOnGpu).Total <= available);
    }

    /// <summary>The next smaller way to load; null if this is the smallest.</summary>
    /// <param name="profile">The largest profile.</param>
    /// <param name="isOnGpu">Whether the weights go to a GPU.</param>
    public MemoryFit? NextSmaller(Profile profile, bool isOnGpu)
    {
        var next = Ways(Model, Batching, profile, isOnGpu).Skip(1).FirstOrDefault();
        return next.Model is null
            ? null
            : this with { Model = next.Model, Batching = next.Batching, Memory = ModelMemory.Estimate(next.Model, profile.ImageTokenBudget, isOnGpu) };
    }

    /// <summary>Loads the first way that fits by the heads of the model's files, and the next smaller one each time that loading runs out of memory.</summary>
    /// <param name="model">Asked for; its context is that for <paramref name="batching"/>.</param>
    /// <param name="batching">Asked for.</param>
    /// <param name="profile">The largest profile.</param>
    /// <param name="free">Memory that is free.</param>
    /// <param name="load">Loads a decoder.</param>
    /// <param name="report">Takes each reduction, as a sentence for people.</param>
    /// <exception cref="SequenceDecoderException">Not even the smallest way loads, or the cause is not memory.</exception>
    public static (ISequenceDecoder Decoder, BatcherOptions Batching) Load(
        DecoderOptions model, BatcherOptions batching, Profile profile, FreeMemory free, Func<DecoderOptions, ISequenceDecoder> load, Action<string> report)
    {
        var fit = Find(model, batching, profile, free.Bytes, free.IsOnGpu);
        while (true)
        {
            if (fit.Steps.Count > 0)
            {
                report(
                    $"The model would not fit into {free.Bytes / 1e9:0.0} GB {(free.IsOnGpu ? "of the GPU" : "of memory")} with {batching.Slots} slots. " +
                    $"Going on with {string.Join(" and ", fit.Steps)}; 'captioner doctor --model' lists the ways out.");
            }

            try
            {
                return (load(fit.Model), fit.Batching);
            }
            catch (SequenceDecoderException error) when (error.IsOutOfMemory && fit.NextSmaller(profile, free.IsOnGpu) is { } smaller)
            {
                report(error.Message);
                fit = smaller;
            }
        }
    }

    // Fewer slots first: that costs only speed, and little of it below eight. Layers last: each one that leaves the GPU costs more than all the rest.
    private static IEnumerable<(DecoderOptions Model, BatcherOptions Batching)> Ways(
        DecoderOptions model, BatcherOptions batching, Profile profile, bool isOnGpu)
    {
        yield return (model, batching);
        for (var slots = batching.Slots / 2; slots >= 1; slots /= 2)
        {
            var cells = model.ContextTokens;
            (model, batching) = WithSlots(model, batching, profile, slots);
            model = model with { ContextTokens = Math.Min(cells, model.ContextTokens) };
            yield return (model, batching);
        }

        if (model is { CacheType: KvCacheType.F16, FlashAttention: not false })
        {
            model = model with { CacheType = KvCacheType.Q8_0 };
            yield return (model, batching);
        }

        if (!isOnGpu || model.GpuLayers == 0)
        {
            yield break;
        }

        var layers = ModelMemory.Estimate(model, profile.ImageTokenBudget, isOnGpu).Layers;
        var onGpu = model.GpuLayers < 0 ? layers : Math.Min(layers, model.GpuLayers);
        while (onGpu > 0)
        {
            onGpu /= 2;
            yield return (model with { GpuLayers = onGpu }, batching);
        }
    }

    private static (DecoderOptions Model, BatcherOptions Batching) WithSlots(DecoderOptions model, BatcherOptions batching, Profile profile, int slots)
    {
        batching = batching with { Slots = slots };
        return (model with { MaxSequences = batching.Sequences, ContextTokens = ContextSize.For(profile, batching) }, batching);
    }
}

/// <summary>Memory that a model can be loaded into.</summary>
/// <param name="Bytes">How much is free.</param>
/// <param name="IsOnGpu">True for a GPU's, false for the machine's.</param>
public readonly record struct FreeMemory(long Bytes, bool IsOnGpu)
{
    /// <summary>
    /// The GPU's memory if llama.cpp uses a GPU with <paramref name="gpuLayers"/>; else the memory that the machine or its container can give without swapping. Loads llama.cpp.
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

        // A container's limit, where one is set.
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new(Math.Min(limit, Available() ?? limit), IsOnGpu: false);
    }

    private static long? Available()
    {
        const string Name = "MemAvailable:";
        var line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line is null ? null : long.Parse(line.AsSpan()[Name.Length..^2].Trim()) * 1024;
    }
}
