using System.Text;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Intake;

public sealed class BadInputTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task RunAsync_BadFilesAmongGoodOnes_EachGetsARejectedRecordWithCodeMessageAndWayOut()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var whole = TestPipeline.Picture();
        var bad = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["empty.jpg"] = [],
            ["text.jpg"] = "I am not a picture."u8.ToArray(),
            ["half.jpg"] = whole[..(whole.Length / 2)],
            ["drawing.svg"] = """<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="http://example.com/x.png"/></svg>"""u8.ToArray(),
            ["frameless.gif"] = [.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0, 0x3B],
            ["noise"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => (char)(33 + (i * i % 90))))),
        };
        foreach (var (name, content) in bad)
        {
            await pipeline.UploadAsync(name, content);
        }

        await pipeline.UploadAsync("good.jpg", whole);
        var summary = await pipeline.SweepAsync();
        Assert.Equal((7, 6, 1), (summary.Listed, summary.Rejected, summary.Enqueued));
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        foreach (var name in bad.Keys)
        {
            var record = await pipeline.RecordAsync(name);
            Assert.Equal(RecordStatus.Rejected, record!.Status);
            Assert.NotEmpty(record.Error!.Code);
            Assert.Contains(name, record.Error.Message, StringComparison.Ordinal);
            Assert.NotEmpty(record.Error.Remedy);
        }

        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("good.jpg"))!.Status);
        Assert.Equal(7, (await pipeline.SweepAsync()).UpToDate);
    }
}
