using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Records;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

public sealed class DescribeTests(AzuriteFixture files)
{
    [Fact]
    public async Task Describe_GoodAndBadFiles_WritesARecordForEachInOrderAndReturnsOne()
    {
        var folder = files.CreateFolder();
        PictureFiles.Write(folder, "one.jpg", PictureFiles.Jpeg(1));
        PictureFiles.Write(folder, "text.jpg", "no picture at all"u8.ToArray());
        PictureFiles.Write(folder, "two + 50%.jpg", PictureFiles.Jpeg(2));
        var result = await CaptionerProcess.RunAsync(folder, "describe", "--json", "one.jpg", "text.jpg", "missing.png", "two + 50%.jpg");
        Assert.Equal(1, result.ExitCode);
        var records = result.Json;
        await ValidRecord.CheckAsync([.. records.Select(r => r.GetRawText())]);
        Assert.Equal(["one.jpg", "text.jpg", "missing.png", "two + 50%.jpg"], records.Select(r => r.GetProperty("image").GetProperty("name").GetString()));
        Assert.Equal(["described", "rejected", "rejected", "described"], records.Select(r => r.GetProperty("status").GetString()));
        Assert.Equal("file-unreadable", records[2].GetProperty("error").GetProperty("code").GetString());
        Assert.NotEmpty(records[0].GetProperty("copy").GetProperty("en").GetProperty("title").GetString()!);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder, "*.jpg"), f => f.EndsWith("one.jpg", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Describe_OneGoodFile_WritesOneIndentedRecordAndNothingElseToStdout()
    {
        var folder = files.CreateFolder();
        PictureFiles.Write(folder, "one.jpg", PictureFiles.Jpeg(1));
        var result = await CaptionerProcess.RunAsync(folder, "describe", "one.jpg");
        Assert.Equal(0, result.ExitCode);
        await ValidRecord.CheckAsync([result.Text]);
        using var record = System.Text.Json.JsonDocument.Parse(result.Text);
        Assert.Equal("described", record.RootElement.GetProperty("status").GetString());
        Assert.True(result.Output.Count > 10, "indented");
        Assert.Equal(["one.jpg"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
    }
}
