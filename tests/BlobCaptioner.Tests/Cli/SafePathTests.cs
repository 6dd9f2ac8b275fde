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

    [Theory]
    [InlineData("shoes/what?.jpg.json", "shoes/what%3F.jpg.json")]
    [InlineData("C:/a|b<c>*\"\t.json", "C%3A/a%7Cb%3Cc%3E%2A%22%09.json")]
    [InlineData("sale. /end./..x", "sale.%20/end%2E/..x")]
    [InlineData("nul/con.jpg.json/Com1.tar.gz/LPT\u00B2 .txt/aux", "%6Eul/%63on.jpg.json/%43om1.tar.gz/%4CPT\u00B2 .txt/%61ux")]
    [InlineData("null/console.jpg.json/com10/a.con/lpt", "null/console.jpg.json/com10/a.con/lpt")]
    [InlineData("红色/杯子 #1 50%.jpg.json", "红色/杯子 #1 50%.jpg.json")]
    [InlineData("../..\\x", "%2E%2E/..%5Cx")]
    public void Under_OnWindows_EscapesWhatItsFileNamesCannotHold(string name, string path) =>
        Assert.Equal($"/tmp/out/{path}", SafePath.Under("/tmp/out", name, isWindows: true));

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
