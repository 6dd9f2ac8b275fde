using BlobCaptioner.Models;
using Xunit;

namespace BlobCaptioner.Tests.Models;

public sealed class ByteRangesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Add_RandomRanges_AgreesWithABitPerByte(int seed)
    {
#pragma warning disable CA5394 // which ranges are tried
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            const int length = 60;
            var expected = new bool[length];
            var ranges = new ByteRanges();
            for (var i = 0; i < 8; i++)
            {
                var from = random.Next(length);
                var to = random.Next(from, length) + 1;
                ranges.Add(from, to);
                Array.Fill(expected, true, from, to - from);
            }

            Assert.Equal(expected.Count(b => b), ranges.Total);
            Assert.Equal(Array.IndexOf([.. expected, false], false), ranges.PrefixEnd);
            var missing = ranges.Missing(length, 7);
            Assert.All(missing, m => Assert.InRange(m.To - m.From, 1, 7));
            Assert.Equal(
                Enumerable.Range(0, length).Where(i => !expected[i]),
                missing.SelectMany(m => Enumerable.Range((int)m.From, (int)(m.To - m.From))));
            Assert.Equal(ranges.ToPairs(), ByteRanges.FromPairs(ranges.ToPairs(), length)!.ToPairs());
        }
#pragma warning restore CA5394
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(-1, 5)]
    [InlineData(5, 11)]
    public void FromPairs_ImpossibleRange_IsNull(long from, long to) => Assert.Null(ByteRanges.FromPairs([[from, to]], 10));

    [Fact]
    public void FromPairs_Overlapping_IsNull() => Assert.Null(ByteRanges.FromPairs([[0, 5], [4, 6]], 10));
}
