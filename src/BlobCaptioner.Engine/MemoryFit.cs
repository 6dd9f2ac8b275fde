using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Engine;

/// <summary>How a model is loaded so that it fits into memory: what was asked for where that does, else a step less and another.</summary>
public sealed record MemoryFit
{
    /// <summary>The model's options.</summary>
    public required DecoderOptions Model { get; init; }

    /// <summary>Slots.</summary>
    public required BatcherOptions Batching { get; init; }

    /// <summary>What it takes.</summary>
    public required ModelMemory Memory { get; init; }

    /// <summary>What was given up, for people; empty where all fits.</summary>
    public required IReadOnlyList<string> Steps { get; init; }

    /// <summary>False where not even the last step fits by this count; it may be tried all the same.</summary>
    public required bool Fits { get; init; }

    /// <summary>The first way to load that fits; the last one where none does.</summary>
    /// <param name="model">Asked for; its context is that for <paramref name="batching"/>.</param>
    /// <param name="batching">Asked for.</param>
    /// <param name="profile">The largest profile.</param>
    /// <param name="available">Bytes that are free.</param>
    /// <param name="isOnGpu">Whether those are a GPU's.</param>
    public static MemoryFit Find(DecoderOptions model, BatcherOptions batching, Profile profile, long available, bool isOnGpu)
    {
        MemoryFit? last = null;
        foreach (var step in Ways(model, batching, profile, isOnGpu))
        {
            var memory = ModelMemory.Estimate(step.Model, profile.ImageTokenBudget, isOnGpu);
            last = new() { Model = step.Model, Batching = step.Batching, Memory = memory, Steps = step.Given, Fits = memory.Total <= available };
            if (last.Fits)
            {
                break;
            }
        }

        return last!;
    }

    /// <summary>Most slots that fit, up to 64; 0 where not even one does.</summary>
    /// <param name="model">Asked for.</param>
    /// <param name="batching">Asked for.</param>
    /// <param name="profile">The largest profile.</param>
    /// <param name="available">Bytes that are free.</param>
    /// <param name="isOnGpu">Whether those are a GPU's.</param>
    public static int MostSlots(DecoderOptions model, BatcherOptions batching, Profile profile, long available, bool isOnGpu)
    {
        const int Most = 64;
        return Enumerable.Range(1, Most).Reverse().FirstOrDefault(slots =>
            ModelMemory.Estimate(WithSlots(model, batching, profile, slots).Model, profile.ImageTokenBudget, isOnGpu).Total <= available);
    }

    /// <summary>The next step below this one; null where there is none.</summary>
    /// <param name="profile">The largest profile.</param>
    /// <param name="isOnGpu">Whether the weights go to a GPU.</param>
    public MemoryFit? Less(Profile profile, bool isOnGpu)
    {
        var next = Ways(Model, Batching, profile, isOnGpu).Skip(1).FirstOrDefault();
        return next.Model is null
            ? null
            : this with { Model = next.Model, Batching = next.Batching, Memory = ModelMemory.Estimate(next.Model, profile.ImageTokenBudget, isOnGpu), Steps = next.Given };
    }

    /// <summary>Loads what fits into memory by the heads of the model's files, and each time that loading finds it doesn't, a step less.</summary>
    /// <param name="model">Asked for; its context is that for <paramref name="batching"/>.</param>
    /// <param name="batching">Asked for.</param>
    /// <param name="profile">The largest profile.</param>
    /// <param name="free">Memory that is free.</param>
    /// <param name="load">Loads a decoder.</param>
    /// <param name="tell">Told what was given up, for people.</param>
    /// <exception cref="SequenceDecoderException">Not even the last step loads, or the reason is another than memory.</exception>
    public static (ISequenceDecoder Decoder, BatcherOptions Batching) Load(
        DecoderOptions model, BatcherOptions batching, Profile profile, FreeMemory free, Func<DecoderOptions, ISequenceDecoder> load, Action<string> tell)
    {
        var fit = Find(model, batching, profile, free.Bytes, free.IsOnGpu);
        while (true)
        {
            if (fit.Steps.Count > 0)
            {
                tell(
                    $"The model would not fit into {free.Bytes / 1e9:0.0} GB {(free.IsOnGpu ? "of the GPU" : "of memory")} with {batching.Slots} slots. " +
                    $"Going on with {string.Join(" and ", fit.Steps)}; 'captioner doctor --model' lists the ways out.");
            }

            try
            {
                return (load(fit.Model), fit.Batching);
            }
            catch (SequenceDecoderException error) when (error.IsOutOfMemory && fit.Less(profile, free.IsOnGpu) is { } less)
            {
                tell(error.Message);
                fit = less;
            }
        }
    }

    // Fewer slots first: they cost speed only, and little of it below eight. Layers last: each one that leaves the GPU costs more than all the rest.
    private static IEnumerable<(DecoderOptions Model, BatcherOptions Batching, string[] Given)> Ways(
        DecoderOptions model, BatcherOptions batching, Profile profile, bool isOnGpu)
    {
        string[] given = [];
        yield return (model, batching, given);
        for (var slots = batching.Slots / 2; slots >= 1; slots /= 2)
        {
            var cells = model.ContextTokens;
            (model, batching) = WithSlots(model, batching, profile, slots);
            model = model with { ContextTokens = Math.Min(cells, model.ContextTokens) };
            given = [$"{slots} slot{(slots == 1 ? "" : "s")}"];
            yield return (model, batching, given);
        }

        if (model is { CacheType: KvCacheType.F16, FlashAttention: not false })
        {
            model = model with { CacheType = KvCacheType.Q8_0 };
            given = [.. given, "a KV cache of 8-bit numbers"];
            yield return (model, batching, given);
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
            yield return (model with { GpuLayers = onGpu }, batching, [.. given, $"{onGpu} of {layers} layers on the GPU"]);
        }
    }

    private static (DecoderOptions Model, BatcherOptions Batching) WithSlots(DecoderOptions model, BatcherOptions batching, Profile profile, int slots)
    {
        batching = batching with { Slots = slots };
        return (model with { MaxSequences = batching.Sequences, ContextTokens = ContextSize.For(profile, batching) }, batching);
    }
}
