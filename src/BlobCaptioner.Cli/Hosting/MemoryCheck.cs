using BlobCaptioner.Engine;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Says before anything is loaded whether a model fits into memory, and what to choose where it doesn't.</summary>
internal static class MemoryCheck
{
    private const double Gigabyte = 1e9;

    /// <summary>Looks at the heads of the model's files. Loads llama.cpp, to ask for a GPU's memory.</summary>
    /// <exception cref="SequenceDecoderException">A file is cut, or tells too little.</exception>
    public static Requirement Run(EngineChoice choice, Profile profile)
    {
        var (model, batching) = EngineSession.Plan(choice, profile);
        return Check(model, batching, profile, FreeMemory.Find(model.GpuLayers));
    }

    /// <summary>The same for given memory.</summary>
    internal static Requirement Check(DecoderOptions model, BatcherOptions batching, Profile profile, FreeMemory free)
    {
        var asked = ModelMemory.Estimate(model, profile.ImageTokenBudget, free.IsOnGpu);
        var most = MemoryFit.MostSlots(model, batching, profile, free.Bytes, free.IsOnGpu);
        var found =
            $"{asked.Total / Gigabyte:0.0} GB with {batching.Slots} slots (weights {asked.Weights / Gigabyte:0.0}, vision {asked.Vision / Gigabyte:0.0}, " +
            $"KV cache {asked.Cache / Gigabyte:0.0} for {model.ContextTokens:N0} tokens, a step {asked.Step / Gigabyte:0.0}); " +
            $"{free.Bytes / Gigabyte:0.0} GB are free {(free.IsOnGpu ? "on the GPU" : "here")}";
        return asked.Total <= free.Bytes
            ? new("memory for the model", RequirementState.Ok, $"{found}; up to {most} slots fit")
            : new("memory for the model", RequirementState.Missing, found, string.Join("; ", Ways(model, batching, profile, free, most)) + ".");
    }

    private static IEnumerable<string> Ways(DecoderOptions model, BatcherOptions batching, Profile profile, FreeMemory free, int most)
    {
        if (most > 0)
        {
            yield return $"fewer slots: --slots {most}";
        }

        var quantised = model with { CacheType = KvCacheType.Q8_0 };
        yield return Way("a KV cache of 8-bit numbers, which captioner falls back to by itself after fewer slots", quantised, profile.ImageTokenBudget, free);

        var smaller = profile with { ImageTokenBudget = Math.Max(1, profile.ImageTokenBudget / 2) };
        yield return Way(
            $"smaller pictures (imageTokenBudget {smaller.ImageTokenBudget} in the profile)", model with { ContextTokens = ContextSize.For(smaller, batching) }, smaller.ImageTokenBudget, free);

        var shorter = profile with { Fields = [.. profile.Fields.Select(f => f with { MaxCharacters = Math.Max(1, f.MaxCharacters / 2), AdvisedCharacters = null })] };
        yield return Way("texts half as long (maxCharacters in the profile), for a shorter context", model with { ContextTokens = ContextSize.For(shorter, batching) }, profile.ImageTokenBudget, free);
        if (free.IsOnGpu)
        {
            yield return "fewer GPU layers (GpuLayers), the rest of the model then runs on the processors";
        }

        yield return "a smaller model, or one of fewer bits";
    }

    private static string Way(string what, DecoderOptions model, int imageTokens, FreeMemory free)
    {
        var total = ModelMemory.Estimate(model, imageTokens, free.IsOnGpu).Total;
        return $"{what}: {total / Gigabyte:0.0} GB, {(total <= free.Bytes ? "which fits" : "not enough by itself")}";
    }
}
