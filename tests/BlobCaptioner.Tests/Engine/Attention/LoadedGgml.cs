using BlobCaptioner.Engine.Attention;
using BlobCaptioner.Engine.Natives;
using Xunit;

namespace BlobCaptioner.Tests.Engine.Attention;

/// <summary>The package's ggml, as the engine loads it, with the kernel in place.</summary>
public sealed class LoadedGgml
{
    public LoadedGgml()
    {
        NativeLibraries.Load();
        Ggml = NativeLibraries.HandleOf("ggml");
        GgmlBase = NativeLibraries.HandleOf("ggml-base");
        Status = AttentionKernel.Install(Ggml, GgmlBase);
        Api = new Ggml(Ggml, GgmlBase);
    }

    public nint Ggml { get; }

    public nint GgmlBase { get; }

    internal AttentionStatus Status { get; }

    internal Ggml Api { get; }

    /// <summary>Skips a test where the kernel isn't: processors without AVX2, systems other than Linux.</summary>
    internal void SkipWithoutKernel() => Assert.SkipUnless(Status.IsInPlace, Status.Text);

    /// <summary>The width of registers of some bits. Skips a test where this processor lacks them.</summary>
    internal VectorWidth WidthOrSkip(int bits)
    {
        SkipWithoutKernel();
        Assert.SkipUnless(bits <= (int)AttentionKernel.BestWidth, $"this processor has no registers of {bits} bits, or is slowed down by them");
        return (VectorWidth)bits;
    }
}

/// <summary>Alone in the process: the kernel's width is switched, which nothing that computes may see.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AttentionCollection : ICollectionFixture<LoadedGgml>
{
    public const string Name = "attention";
}
