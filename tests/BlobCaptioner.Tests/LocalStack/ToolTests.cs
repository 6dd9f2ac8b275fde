using BlobCaptioner.Cli.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.LocalStack;

public sealed class ToolTests(AzuriteFixture fixture)
{
    [Fact]
    public void Find_OnWindows_TakesWhatWindowsCanRun()
    {
        var (empty, nodejs) = (fixture.CreateFolder(), fixture.CreateFolder());
        foreach (var name in (string[])["npm", "npm.cmd", "npm.ps1", "node.exe"])
        {
            File.WriteAllBytes(Path.Combine(nodejs, name), []);
        }

        var path = $"{empty};;\"{nodejs}\"";
        Assert.Equal(Path.Combine(nodejs, "npm.cmd"), ToolPath.Find("npm", path, isWindows: true));
        Assert.Equal(Path.Combine(nodejs, "node.exe"), ToolPath.Find("node", path, isWindows: true));
        Assert.Null(ToolPath.Find("git", path, isWindows: true));
        Assert.Equal(Path.Combine(nodejs, "npm"), ToolPath.Find("npm", $"{empty}::{nodejs}", isWindows: false));
    }

    [Fact]
    public void StartOf_ABatchFile_RunsInTheShellWithItsPathQuoted()
    {
        var start = ToolRun.StartOf("C:\\Program Files (x86)\\R&D\\npm.cmd", ["ci", "--omit=dev"]);
        Assert.EndsWith("cmd.exe", start.FileName, StringComparison.Ordinal);
        Assert.Equal("/d /s /c \"\"C:\\Program Files (x86)\\R&D\\npm.cmd\" ci --omit=dev\"", start.Arguments);
        Assert.Empty(start.ArgumentList);
    }

    [Fact]
    public void StartOf_AProgram_GetsItsArgumentsOneByOne()
    {
        var start = ToolRun.StartOf("/usr/bin/node", ["--version", "a b"]);
        Assert.Equal("/usr/bin/node", start.FileName);
        Assert.Equal(["--version", "a b"], start.ArgumentList);
    }
}
