using BlobCaptioner.Engine.Attention;
using Xunit;

namespace BlobCaptioner.Tests.Engine.Attention;

/// <summary>The kernel in the package's libggml-cpu against double precision, and against ggml's own.</summary>
[Collection(AttentionCollection.Name)]
public sealed class AttentionKernelTests(LoadedGgml ggml)
{
    /// <summary>Queries, keys and values are around 1, and sums are floats.</summary>
    private const float Tolerance = 4e-6f;

    /// <summary>ggml sums values as halves where there are few queries.</summary>
    private const float GgmlTolerance = 0.006f;

    /// <summary>Bits of a register.</summary>
    public static TheoryData<int> Widths => [(int)VectorWidth.Avx2, (int)VectorWidth.Avx512];

    [Fact]
    public void Install_PackageOfThisVersion_IsInPlace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && AttentionKernel.BestWidth != VectorWidth.None, "the kernel is for Linux on x64 with AVX2");

        Assert.True(ggml.Status.IsInPlace, ggml.Status.Text);
        Assert.StartsWith("The attention kernel is in place with AVX", ggml.Status.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhyNot_LibraryOfAnotherKind_NamesWhatIsMissing()
    {
        ggml.SkipWithoutKernel();

        Assert.Equal("the loaded ggml has no 'ggml_backend_dev_by_type'", AttentionKernel.WhyNot(ggml.GgmlBase, ggml.GgmlBase));
    }

    [Fact]
    public void WhyNot_KernelInPlace_FindsNoSecondPlace()
    {
        ggml.SkipWithoutKernel();

        Assert.Equal("the loaded ggml has no place for it among its buffer types", AttentionKernel.WhyNot(ggml.Ggml, ggml.GgmlBase));
    }

    [Fact]
    public unsafe void PutAndCompare_KernelThatDoesNotCompute_TakesItOutAgain()
    {
        ggml.SkipWithoutKernel();
        AttentionHook.Remove();
        var place = AttentionKernel.FindPlace(ggml.Api);
        var own = *place;

        Assert.Equal("the loaded ggml does not ask for it", AttentionCheck.PutAndCompare(ggml.Api, place, (VectorWidth)128));
        Assert.Equal(own, *place);
        Assert.Null(AttentionCheck.PutAndCompare(ggml.Api, place, AttentionKernel.BestWidth));
        Assert.NotEqual(own, *place);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Compute_AnyShapeAndMask_GivesWhatDoublePrecisionGives(int bits)
    {
        var width = ggml.WidthOrSkip(bits);
        for (var seed = 0; seed < 100; seed++)
        {
            CompareDrawn(seed, width);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Compute_WhatTheKernelDoesNotKnow_IsLeftToGgml(int bits)
    {
        var width = ggml.WidthOrSkip(bits);
        var known = new AttentionShape { KeyHead = 64, ValueHead = 64, QueryHeads = 4, KvHeads = 2, Queries = 3, Cells = 70, Scale = 0.125f };
        foreach (var (shape, name) in new[]
        {
            (known with { SoftCap = 30 }, "a soft cap"),
            (known with { MaxBias = 8 }, "ALiBi"),
            (known with { KeyHead = 36, ValueHead = 36 }, "a head of 36"),
            (known with { KeyHead = 320, ValueHead = 320 }, "a head of 320"),
        })
        {
            using var graph = new AttentionGraph(ggml.Api, shape, threads: 2);
            graph.Fill(seed: 1);

            var results = Compute(graph, width, out var byKernel);

            Assert.False(byKernel, name);
            Assert.True(results.AsSpan().SequenceEqual(Compute(graph, VectorWidth.None, out _)), name);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Compute_MaskWithOtherValues_AddsThem(int bits)
    {
        var width = ggml.WidthOrSkip(bits);
        var shape = new AttentionShape { KeyHead = 32, ValueHead = 32, QueryHeads = 4, KvHeads = 2, Queries = 5, Cells = 150, Scale = 0.2f };
        using var graph = new AttentionGraph(ggml.Api, shape, threads: 2);
        graph.Fill(seed: 3);
        var mask = graph.Mask;
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = i % 7 == 3 ? Half.NegativeInfinity : (Half)((i % 13) - 6.5f);
        }

        AssertClose(AttentionCase.Expect(graph, shape), Compute(graph, width, out var byKernel), Tolerance, "mask with values");
        Assert.True(byKernel);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Compute_SmallestAndLargestHalves_AreWidenedExactly(int bits)
    {
        var width = ggml.WidthOrSkip(bits);
        var shape = new AttentionShape { KeyHead = 64, ValueHead = 72, QueryHeads = 2, KvHeads = 2, Queries = 2, Cells = 50, Scale = 1 };
        using var graph = new AttentionGraph(ggml.Api, shape, threads: 2);
        graph.Fill(seed: 5);
        graph.Queries.Clear();
        Half[] extremes = [Half.Epsilon, -Half.Epsilon, Half.MaxValue, Half.MinValue, (Half)6.1e-5f, (Half)(-3e-6f), (Half)0, -(Half)0];
        for (var i = 0; i < graph.Values.Length; i++)
        {
            graph.Values[i] = extremes[i % 72 % extremes.Length];
            graph.Keys[i % graph.Keys.Length] = extremes[i % extremes.Length];
        }

        var results = Compute(graph, width, out _);

        for (var i = 0; i < results.Length; i++)
        {
            var value = (float)extremes[i % 72 % extremes.Length];
            Assert.True(MathF.Abs(results[i] - value) <= 4e-7f * MathF.Abs(value), $"{results[i]} of values that are all {value}");
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Compute_NotANumber_StaysWithTheQueriesThatSeeIt(int bits)
    {
        var width = ggml.WidthOrSkip(bits);
        foreach (var (inKey, bad, cell) in new[]
        {
            (true, Half.NaN, 3), (false, Half.NaN, 3), (true, Half.NegativeInfinity, 90), (false, Half.PositiveInfinity, 90), (true, Half.NaN, 97), (false, Half.NaN, 97),
        })
        {
            // Cells 0 to 39 are shared, then 20 each: blocks of one set and mixed ones.
            var shape = new AttentionShape { KeyHead = 64, ValueHead = 64, QueryHeads = 4, KvHeads = 2, Queries = 3, Cells = 100, Scale = 0.125f };
            bool Sees(int query, int of) => of < 40 || (of - 40) / 20 == query;
            var drawn = new AttentionCase { Name = $"{bad} in {(inKey ? "a key" : "a value")}", Shape = shape, Threads = 2, Sees = (_, q, c) => Sees(q, c) };
            using var graph = new AttentionGraph(ggml.Api, shape, threads: 2);
            drawn.Fill(graph);
            var clean = AttentionCase.Expect(graph, shape);
            (inKey ? graph.Keys : graph.Values)[(cell * shape.KvHeads * 64) + 5] = bad;

            var results = Compute(graph, width, out var byKernel);

            Assert.True(byKernel);
            for (var i = 0; i < results.Length; i++)
            {
                int d = i % 64, head = i / 64 % 4, query = i / 256;
                var touched = head < 2 && Sees(query, cell) && (inKey || d == 5);
                Assert.True(
                    touched ? !float.IsFinite(results[i]) || (inKey && Half.IsInfinity(bad)) : MathF.Abs(results[i] - clean[i]) < Tolerance,
                    $"{drawn.Name} of cell {cell}: {results[i]} for query {query}, head {head}, {d}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Compute_QueryWithoutCells_GivesZero(int bits)
    {
        var width = ggml.WidthOrSkip(bits);
        var shape = new AttentionShape { KeyHead = 32, ValueHead = 32, QueryHeads = 2, KvHeads = 2, Queries = 3, Cells = 45, Scale = 1 };
        var drawn = new AttentionCase { Name = "blind", Shape = shape, Threads = 2, Sees = (_, q, c) => q != 1 && c % 2 == 0 };
        using var graph = new AttentionGraph(ggml.Api, shape, threads: 2);
        drawn.Fill(graph);

        AssertClose(AttentionCase.Expect(graph, shape), Compute(graph, width, out _), Tolerance, drawn.Name);
    }

    [Fact]
    public async Task Compute_WhileGarbageIsCollected_GivesTheSame()
    {
        ggml.SkipWithoutKernel();
        var shape = new AttentionShape { KeyHead = 128, ValueHead = 128, QueryHeads = 8, KvHeads = 4, Queries = 8, Cells = 600, Scale = 0.1f };
        using var graph = new AttentionGraph(ggml.Api, shape, threads: 2);
        graph.Fill(seed: 9);
        var expected = Compute(graph, AttentionKernel.BestWidth, out _);
        using var done = new CancellationTokenSource();
        var collecting = Task.Run(
            () =>
            {
                while (!done.IsCancellationRequested)
                {
                    GC.Collect(0);
                }
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < 10; i++)
        {
            Assert.True(expected.AsSpan().SequenceEqual(Compute(graph, AttentionKernel.BestWidth, out _)));
        }

        await done.CancelAsync();
        await collecting;
    }

    private unsafe void CompareDrawn(int seed, VectorWidth width)
    {
        var drawn = AttentionCase.Draw(seed);
        using var graph = new AttentionGraph(ggml.Api, drawn.Shape, drawn.Threads);
        drawn.Fill(graph);
        var expected = AttentionCase.Expect(graph, drawn.Shape);

        var kernels = Compute(graph, width, out var byKernel);
        var ggmls = Compute(graph, VectorWidth.None, out _);

        // Too few tasks are left to ggml.
        Assert.Equal(new WorkCut(graph.Output, drawn.Threads).HasWorkFor(drawn.Threads), byKernel);
        AssertClose(expected, kernels, byKernel ? Tolerance : GgmlTolerance, $"seed {seed}, {drawn.Name}");
        AssertClose(ggmls, kernels, GgmlTolerance, $"seed {seed}, {drawn.Name}");
    }

    private static float[] Compute(AttentionGraph graph, VectorWidth width, out bool byKernel)
    {
        var before = AttentionHook.Computed;
        AttentionHook.Width = width;
        try
        {
            graph.Results.Fill(12345);
            graph.Compute();
        }
        finally
        {
            AttentionHook.Width = AttentionKernel.BestWidth;
        }

        byKernel = AttentionHook.Computed > before;
        return graph.Results.ToArray();
    }

    private static void AssertClose(float[] expected, float[] actual, float tolerance, string name)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - actual[i]) <= tolerance, $"{name}: result {i} is {actual[i]} instead of {expected[i]}");
        }
    }
}
