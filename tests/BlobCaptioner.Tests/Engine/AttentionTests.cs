using System.Runtime.Intrinsics.X86;
using BlobCaptioner.Engine.Attention;
using BlobCaptioner.Engine.Natives;
using BlobCaptioner.Inference;
using Xunit;

namespace BlobCaptioner.Tests.Engine;

/// <summary>This project's attention kernel against ggml's matrix products, which do without it.</summary>
public sealed class AttentionTests
{
    // Logits of the sample model reach some tens; ggml rounds weights and values of its products to 16 bits.
    private const float Tolerance = 0.15f;

    [Fact]
    public void Kernel_ProcessorThatHasIt_IsInPlace()
    {
        SampleDecoder.Load().Dispose();

        // What was decided then.
        var status = AttentionKernel.Install(NativeLibraries.HandleOf("ggml"), NativeLibraries.HandleOf("ggml-base"));
        Assert.True(status.IsInPlace == (Avx2.IsSupported && Fma.IsSupported), status.Text);
    }

    /// <summary>Everything that sets the kernel's cells apart: a shared prompt, pictures of their own, answers that lie in between each other, forks, and holes.</summary>
    [Fact]
    public void Decode_SharedPromptPicturesAndForks_GivesTheLogitsOfMatrixProducts()
    {
        var own = Run(flash: true);
        var products = Run(flash: false);

        Assert.Equal(products.Count, own.Count);
        for (var i = 0; i < own.Count; i++)
        {
            var furthest = own[i].Zip(products[i], (a, b) => Math.Abs(a - b)).Max();
            Assert.True(furthest < Tolerance, $"logits {i} are {furthest} apart");
        }
    }

    [Fact]
    public void EncodeImage_ManyPatches_GivesTheEmbeddingsOfMatrixProducts()
    {
        var picture = DrawnPicture.RedBottle(320, 224);
        using var own = SampleDecoder.Load(o => o with { FlashAttention = true });
        using var products = SampleDecoder.Load(o => o with { FlashAttention = false });

        var a = own.EncodeImage(picture).Embeddings.ToArray();
        var b = products.EncodeImage(picture).Embeddings.ToArray();

        var size = Math.Sqrt(b.Average(x => x * x));
        Assert.Equal(b.Length, a.Length);
        Assert.True(a.Zip(b, (x, y) => Math.Abs(x - y)).Max() < 0.05 * size, $"embeddings of size {size} are {a.Zip(b, (x, y) => Math.Abs(x - y)).Max()} apart");
    }

    private static List<float[]> Run(bool flash)
    {
        using var decoder = SampleDecoder.Load(o => o with { FlashAttention = flash });
        var logits = new List<float[]>();
        var frame = decoder.FormatChat("Be brief.", "Describe this product as JSON.");
        int[] after = [.. decoder.Info.ImageEndTokens, .. decoder.Tokenize(frame.After, parseSpecial: true)];
        var prefix = new DecoderDriver(decoder, 9);
        prefix.Text([.. decoder.Tokenize(frame.Before, parseSpecial: true), .. decoder.Info.ImageStartTokens]);
        var drivers = new DecoderDriver[6];
        for (var i = 0; i < 4; i++)
        {
            decoder.Fork(9, i);
            drivers[i] = new DecoderDriver(decoder, i) { Position = prefix.Position };
            var image = decoder.EncodeImage(i % 2 == 0 ? DrawnPicture.RedBottle(128 + (64 * i), 96) : DrawnPicture.BlueLamp());
            drivers[i].Picture(image, 0, image.TokenCount);
        }

        // Different lengths in one step: more queries than sequences.
        Step(drivers[..4], i => [.. after, .. decoder.Tokenize(new string('x', 3 * i), parseSpecial: false)]);
        for (var step = 0; step < 40; step++)
        {
            Step(drivers[..4], i => [100 + (7 * step) + i]);
        }

        // Two more from the second, one gone: its cells are holes that the next ones fill.
        decoder.Remove(2);
        foreach (var i in (int[])[4, 5])
        {
            decoder.Fork(1, i);
            drivers[i] = new DecoderDriver(decoder, i) { Position = drivers[1].Position };
        }

        DecoderDriver[] left = [drivers[0], drivers[1], drivers[3], drivers[4], drivers[5]];
        for (var step = 0; step < 40; step++)
        {
            Step(left, i => [200 + (5 * step) + i, 300 + i]);
        }

        return logits;

        void Step(DecoderDriver[] some, Func<int, int[]> tokens)
        {
            var entries = some.SelectMany((d, i) => d.Entries(tokens(i))).ToArray();
            Assert.Equal(DecodeStatus.Ok, decoder.Decode(entries));
            logits.AddRange(entries.Index().Where(e => e.Item.WantLogits).Select(e => decoder.GetLogits(e.Index).ToArray()));
        }
    }
}
