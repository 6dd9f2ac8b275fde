using System.Text;
using BlobCaptioner.Cli.Folders;
using Xunit;

namespace BlobCaptioner.Tests.Cli;

public sealed class SafePathTests
{
    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("/etc/passwd")]
    [InlineData("//x")]
    [InlineData("a//b/")]
    [InlineData("...")]
    [InlineData("..\\..\\x")]
    [InlineData("nul\0byte")]
    [InlineData("")]
    public void Under_AHostileName_StaysBelowTheFolder(string name)
    {
        var path = SafePath.Under("/tmp/out", name);
        Assert.Equal(path, Path.GetFullPath(path));
        Assert.StartsWith(Path.GetFullPath("/tmp/out") + Path.DirectorySeparatorChar, path, StringComparison.Ordinal);
        Assert.DoesNotContain('\0', path);
    }

    [Theory]
    [InlineData("shoes/red mug #1 50% ?.jpg.json")]
    [InlineData("红色/杯子.jpg.json")]
    public void Under_AnOrdinaryName_KeepsIt(string name) =>
        Assert.Equal(Path.Combine(Path.GetFullPath("/tmp/out"), name), SafePath.Under("/tmp/out", name));

    [Fact]
    public void Under_SegmentsOverTheFileSystemsLimit_AreCutToDifferentNamesThatFit()
    {
        var first = SafePath.Under("/tmp/out", new string('杯', 300) + "1.jpg.json");
        var second = SafePath.Under("/tmp/out", new string('杯', 300) + "2.jpg.json");
        Assert.NotEqual(first, second);
        Assert.All((string[])[first, second], path =>
        {
            Assert.True(Encoding.UTF8.GetByteCount(Path.GetFileName(path)) <= 255);
            Assert.EndsWith(".json", path, StringComparison.Ordinal);
        });
    }
}
