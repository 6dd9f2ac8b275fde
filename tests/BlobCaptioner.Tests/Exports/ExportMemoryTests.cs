using System.Runtime.CompilerServices;
using BlobCaptioner.Exports;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Exports;

/// <summary>A shop of any size: what an export keeps does not grow with it.</summary>
[Collection(MemoryCollection.Name)]
public sealed class ExportMemoryTests
{
    private const int Records = 100_000;

    [Theory]
    [InlineData(ExportFormat.Jsonl)]
    [InlineData(ExportFormat.Csv)]
    [InlineData(ExportFormat.Shopify)]
    [InlineData(ExportFormat.Google)]
    [InlineData(ExportFormat.WooCommerce)]
    [InlineData(ExportFormat.Amazon)]
    [InlineData(ExportFormat.SchemaOrg)]
    public async Task RunAsync_ManyRecords_KeepsNothingOfThem(ExportFormat format)
    {
        var live = new List<long>();
        var counted = new CountingStream();
        var tally = await RecordExport.RunAsync(
            ManyAsync(live, TestContext.Current.CancellationToken), (_, _) => Task.FromResult<BlobCaptioner.Records.CaptionRecord?>(null), Exported.As(format), counted, progress: null, TestContext.Current.CancellationToken);
        Assert.Equal(Records, tally.Items);
        Assert.True(counted.Written > Records * 100L, $"{counted.Written} bytes");

        // between the first 10,000 and the last: the whole of the rows would be tens of megabytes
        Assert.True(live[^1] - live[0] < 4_000_000, $"{format}: {string.Join(", ", live)}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{format}: {counted.Written:N0} bytes written, {live[^1] - live[0]:N0} bytes more alive");
    }

    private static async IAsyncEnumerable<ListedRecord> ManyAsync(List<long> live, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var one = TestRecords.Described("a.jpg", ("title", "A red mug"), ("description", "It holds tea."), ("bullets", new(["a", "b"]))).With(("price", "1 EUR"));
        for (var i = 1; i <= Records; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = $"folder/{i:000000}.jpg";
            yield return new(name + ".json", one with { Image = one.Image with { Name = name } });
            if (i % 10_000 == 0)
            {
                live.Add(GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        await Task.CompletedTask;
    }

    /// <summary>Counts and forgets.</summary>
    private sealed class CountingStream : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Written;

        public override long Position
        {
            get => Written;
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Written += count;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}
