using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

public sealed class MemoryFitTests
{
    private static Profile Profile => BuiltInProfiles.Find("default")!;

    private static BatcherOptions Batching => new() { Slots = 8 };

    private static DecoderOptions Asked => BundledModel.Options with { MaxSequences = Batching.Sequences, ContextTokens = ContextSize.For(Profile, Batching) };

    [Fact]
    public void Estimate_SampleModel_CountsItsCells()
    {
        var memory = ModelMemory.Estimate(Asked, Profile.ImageTokenBudget, isOnGpu: false);
        var quantised = ModelMemory.Estimate(Asked with { CacheType = KvCacheType.Q8_0 }, Profile.ImageTokenBudget, isOnGpu: false);

        Assert.Equal(memory.CellBytes * Asked.ContextTokens, memory.Cache);
        Assert.InRange(memory.CellBytes, 256, 16_384);
        Assert.Equal(memory.CellBytes * 34 / 64, quantised.CellBytes);
        Assert.True(memory.Weights >= new FileInfo(Asked.TextModelPath).Length);
    }

    [Fact]
    public void Find_PlentyOfMemory_LeavesAllAsItWas()
    {
        var fit = MemoryFit.Find(Asked, Batching, Profile, available: 1L << 40, isOnGpu: false);

        Assert.True(fit.Fits);
        Assert.Empty(fit.Steps);
        Assert.Equal(Asked, fit.Model);
    }

    [Fact]
    public void Find_LessAndLessMemory_GivesUpSlotsAndThenBits()
    {
        var needed = Enumerable.Range(0, 4).Select(i => ModelMemory.Estimate(WithSlots(8 >> i), Profile.ImageTokenBudget, isOnGpu: false).Total).ToArray();

        Assert.Equal(4, MemoryFit.Find(Asked, Batching, Profile, needed[0] - 1, isOnGpu: false).Batching.Slots);
        var one = MemoryFit.Find(Asked, Batching, Profile, needed[3], isOnGpu: false);
        Assert.Equal(("1 slot", true), (Assert.Single(one.Steps), one.Fits));
        var bits = MemoryFit.Find(Asked, Batching, Profile, needed[3] - 1, isOnGpu: false);
        Assert.Equal(KvCacheType.Q8_0, bits.Model.CacheType);
        Assert.Equal(2, bits.Steps.Count);
        Assert.False(MemoryFit.Find(Asked, Batching, Profile, available: 1, isOnGpu: false).Fits);
        Assert.Equal(0, MemoryFit.MostSlots(Asked, Batching, Profile, available: 1, isOnGpu: false));
        Assert.Equal(4, MemoryFit.MostSlots(Asked, Batching, Profile, needed[1], isOnGpu: false));
    }

    [Fact]
    public void Less_StepByStep_ComesToAnEnd()
    {
        var fit = MemoryFit.Find(Asked, Batching, Profile, available: 1L << 40, isOnGpu: false);
        var seen = new List<(int Slots, KvCacheType Type)>();
        for (var next = fit; next is not null; next = next.NextSmaller(Profile, isOnGpu: false))
        {
            seen.Add((next.Batching.Slots, next.Model.CacheType));
        }

        Assert.Equal([(8, KvCacheType.F16), (4, KvCacheType.F16), (2, KvCacheType.F16), (1, KvCacheType.F16), (1, KvCacheType.Q8_0)], seen);
    }

    [Fact]
    public void Less_OnAGpu_GivesUpLayersLast()
    {
        var fit = MemoryFit.Find(Asked with { CacheType = KvCacheType.Q8_0 }, new() { Slots = 1 }, Profile, available: 1L << 40, isOnGpu: true);
        var all = fit.Memory;
        var layers = new List<int>();
        for (var next = fit.NextSmaller(Profile, isOnGpu: true); next is not null; next = next.NextSmaller(Profile, isOnGpu: true))
        {
            layers.Add(next.Model.GpuLayers);
            Assert.True(next.Memory.Weights < all.Weights && next.Memory.Cache < all.Cache);
        }

        Assert.Equal(all.Layers / 2, layers[0]);
        Assert.Equal(0, layers[^1]);
        Assert.Equal(0, MemoryFit.Find(fit.Model, fit.Batching, Profile, available: 1, isOnGpu: true).Model.GpuLayers);
    }

    [Fact]
    public void Load_LoaderRunsOutOfMemory_TakesTheNextStepAndSaysSo()
    {
        var tried = new List<int>();
        var said = new List<string>();

        var error = Assert.Throws<SequenceDecoderException>(() => MemoryFit.Load(
            Asked, Batching, Profile, new(1L << 40, IsOnGpu: false),
            o =>
            {
                tried.Add(o.MaxSequences);
                throw new SequenceDecoderException("no room") { IsOutOfMemory = o.CacheType == KvCacheType.F16 };
            },
            said.Add));

        Assert.Equal("no room", error.Message);
        Assert.Equal(5, tried.Count);
        Assert.Equal(tried.Order().Reverse(), tried);
        Assert.Contains(said, s => s.Contains("Going on with 4 slots", StringComparison.Ordinal));
        Assert.Contains(said, s => s.Contains("Going on with 1 slot and a KV cache of 8-bit numbers", StringComparison.Ordinal));
    }

    [Fact]
    public void Check_ModelThatDoesNotFit_NamesTheWaysOutWithTheirSizes()
    {
        var needed = ModelMemory.Estimate(WithSlots(2), Profile.ImageTokenBudget, isOnGpu: false).Total;

        var found = MemoryCheck.Check(Asked, Batching, Profile, new FreeMemory(needed, IsOnGpu: false));

        Assert.Equal(RequirementState.Missing, found.State);
        Assert.Contains("with 8 slots", found.Found, StringComparison.Ordinal);
        Assert.Contains("--slots 2", found.Remedy, StringComparison.Ordinal);
        Assert.Contains("8-bit", found.Remedy, StringComparison.Ordinal);
        Assert.Contains("imageTokenBudget 288", found.Remedy, StringComparison.Ordinal);
        Assert.Equal(RequirementState.Ok, MemoryCheck.Check(Asked, Batching, Profile, new FreeMemory(1L << 40, IsOnGpu: false)).State);
    }

    /// <summary>What is fallen back to must work, not only fit.</summary>
    [Fact]
    public void Load_QuantisedCache_Describes()
    {
        using var decoder = SampleDecoder.Load(o => o with { CacheType = KvCacheType.Q8_0 });
        var frame = decoder.FormatChat("", "Describe this product as JSON.");

        var logits = new DecoderDriver(decoder, 0).Prompt(frame, decoder.EncodeImage(DrawnPicture.RedBottle()));

        Assert.All(logits, l => Assert.True(float.IsFinite(l)));
    }

    private static DecoderOptions WithSlots(int slots)
    {
        var batching = Batching with { Slots = slots };
        return Asked with { MaxSequences = batching.Sequences, ContextTokens = ContextSize.For(Profile, batching) };
    }
}
