using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Cli.Hosting;

/// <summary>Checks, without loading it, whether a model fits into memory, and suggests settings with which it does.</summary>
internal static class MemoryCheck
{
    private const double Gigabyte = 1e9;

    /// <summary>Reads the headers of the model's files, and loads llama.cpp to find the GPU's memory.</summary>
    /// <exception cref="SequenceDecoderException">A file is truncated or lacks metadata.</exception>
    public static Requirement Run(EngineChoice choice, Profile profile)
    {
        var (model, batching) = EngineSession.Plan(choice, profile);
        return Check(model, batching, profile, FreeMemory.Find(model.GpuLayers));
    }

    /// <summary>The same for a given amount of memory.</summary>
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
            : new("memory for the model", RequirementState.Missing, found, string.Join("; ", Alternatives(model, batching, profile, free, most)) + ".");
    }

    private static IEnumerable<string> Alternatives(DecoderOptions model, BatcherOptions batching, Profile profile, FreeMemory free, int most)
    {
        if (most > 0)
        {
            yield return $"fewer slots: --slots {most}";
        }

        var quantised = model with { CacheType = KvCacheType.Q8_0 };
        yield return Alternative("an 8-bit KV cache, which captioner falls back to after reducing slots", quantised, profile.ImageTokenBudget, free);

        var smaller = profile with { ImageTokenBudget = Math.Max(1, profile.ImageTokenBudget / 2) };
        yield return Alternative(
            $"smaller pictures (imageTokenBudget {smaller.ImageTokenBudget} in the profile)", model with { ContextTokens = ContextSize.For(smaller, batching) }, smaller.ImageTokenBudget, free);

        var shorter = profile with { Fields = [.. profile.Fields.Select(f => f with { MaxCharacters = Math.Max(1, f.MaxCharacters / 2), AdvisedCharacters = null })] };
        yield return Alternative(
            "texts half as long (maxCharacters in the profile), which need less context", model with { ContextTokens = ContextSize.For(shorter, batching) }, profile.ImageTokenBudget, free);
        if (free.IsOnGpu)
        {
            yield return "fewer GPU layers (GpuLayers); the CPU then runs the rest of the model";
        }

        yield return "a smaller model, or one quantised to fewer bits";
    }

    private static string Alternative(string change, DecoderOptions model, int imageTokens, FreeMemory free)
    {
        var total = ModelMemory.Estimate(model, imageTokens, free.IsOnGpu).Total;
        return $"{change}: {total / Gigabyte:0.0} GB, {(total <= free.Bytes ? "which fits" : "which alone does not fit")}";
    }
}
