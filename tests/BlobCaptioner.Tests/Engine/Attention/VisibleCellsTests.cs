using System.Runtime.Intrinsics.X86;
using BlobCaptioner.Engine.Attention;
using Xunit;

namespace BlobCaptioner.Tests.Engine.Attention;

public sealed unsafe class VisibleCellsTests
{
    [Fact]
    public void Sort_SharedPromptAndCellsInTurn_GivesBlocksOfOneSetAndFewMixedOnes()
    {
        Assert.SkipUnless(Avx2.IsSupported, "this processor has no AVX2");
        const int Queries = 4, Cells = 64 + (4 * 40);

        var blocks = Sort(Queries, Cells, (q, c) => c < 64 || c % Queries == q);

        Assert.Equal([0b1111, 0b1111, 1, 2, 4, 8], blocks.Where(b => !b.Mixed).Select(b => (int)b.Queries));
        Assert.Equal((1, Queries * 8), (blocks.Count(b => b.Mixed), blocks.Where(b => b.Mixed).Sum(b => b.Cells.Length)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 15)]
    [InlineData(64, 100)]
    [InlineData(17, 333)]
    [InlineData(64, 512)]
    public void Sort_AnyMask_HasEachVisibleCellOnceWithAllThatSeeIt(int queries, int cells)
    {
        Assert.SkipUnless(Avx2.IsSupported, "this processor has no AVX2");
        foreach (var sees in new Func<int, int, bool>[]
        {
            (q, c) => c <= cells - queries + q, (q, c) => ((q * 7) + (c * 13)) % 5 < 2, (q, c) => c / 40 % 3 == q % 3, (_, c) => c % 9 != 0, (_, _) => false,
        })
        {
            var blocks = Sort(queries, cells, sees);

            var found = blocks.SelectMany(b => b.Cells).ToArray();
            Assert.Equal(Enumerable.Range(0, cells).Where(c => Enumerable.Range(0, queries).Any(q => sees(q, c))), found.Order());
            foreach (var block in blocks)
            {
                foreach (var cell in block.Cells)
                {
                    var seeing = Enumerable.Range(0, queries).Where(q => sees(q, cell)).Aggregate(0ul, (set, q) => set | (1ul << q));
                    Assert.True(block.Mixed ? (seeing & ~block.Queries) == 0 : seeing == block.Queries, $"cell {cell}");
                }
            }
        }
    }

    private static List<(ulong Queries, bool Mixed, int[] Cells)> Sort(int queries, int cells, Func<int, int, bool> sees)
    {
        var mask = new Half[queries * cells];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = sees(i / cells, i % cells) ? (Half)0 : Half.NegativeInfinity;
        }

        var counted = new ScratchMemory(null);
        _ = new VisibleCells(ref counted, cells);
        var memory = new byte[(nint)counted.Next];
        fixed (byte* start = memory)
        fixed (Half* rows = mask)
        {
            var scratch = new ScratchMemory(start);
            var visible = new VisibleCells(ref scratch, cells);
            visible.Sort((byte*)rows, cells * sizeof(Half), queries);
            var blocks = new List<(ulong, bool, int[])>();
            for (var b = 0; b < visible.BlockCount; b++)
            {
                var block = visible.Blocks[b];
                blocks.Add((block.Queries, block.Mixed, new Span<int>(visible.Order + block.First, block.Count).ToArray()));
            }

            return blocks;
        }
    }
}
