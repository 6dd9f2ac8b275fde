using System.Text.RegularExpressions;
using Xunit;

namespace BlobCaptioner.Tests.Infra;

/// <summary>The container files, as far as they can be judged without building them.</summary>
public sealed partial class ContainerFileTests
{
    [Theory]
    [InlineData("functions.Dockerfile")]
    [InlineData("gpu-functions.Dockerfile")]
    [InlineData("gpu-worker.Dockerfile")]
    [InlineData("web.Dockerfile")]
    public void ContainerFile_OfAHost_IsPinnedUnprivilegedAndCopiesWhatExists(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(InfraFiles.Folder, file));
        var arguments = lines.Select(l => Argument().Match(l)).Where(m => m.Success).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value, StringComparer.Ordinal);
        var bases = lines.Where(l => l.StartsWith("FROM ", StringComparison.Ordinal)).Select(l => l.Split(' ')[1]).ToList();

        Assert.InRange(bases.Count, 2, 3);
        Assert.All(bases, b =>
        {
            var image = Variable().Replace(b, m => arguments[m.Groups["name"].Value]);
            Assert.Matches(@":[\w.-]*\d[\w.-]*$", image);
            Assert.DoesNotContain("latest", image, StringComparison.Ordinal);
        });
        var final = lines.SkipWhile(l => !l.EndsWith("AS final", StringComparison.Ordinal)).ToList();
        Assert.Equal("USER 1654:1654", final.Last(l => l.StartsWith("USER ", StringComparison.Ordinal)));
        var copied = lines.Where(l => l.StartsWith("COPY ", StringComparison.Ordinal) && !l.Contains("--from", StringComparison.Ordinal))
            .SelectMany(l => l.Split(' ')[1..^1]).Where(p => p != "host.json");
        Assert.All(copied, p => Assert.True(Path.Exists(Path.Combine(InfraFiles.Root, p)), p));
        var project = lines.Single(l => l.StartsWith("RUN dotnet publish", StringComparison.Ordinal)).Split(' ')[3];
        Assert.True(File.Exists(Path.Combine(InfraFiles.Root, project)), project);
    }

    [Theory]
    [InlineData("functions.Dockerfile", "None")]
    [InlineData("gpu-functions.Dockerfile", "Cuda12")]
    [InlineData("gpu-worker.Dockerfile", "Cuda12")]
    [InlineData("web.Dockerfile", "None")]
    public void ContainerFile_OfAHost_PublishesItsBackendAndInstallsWhatThatNeeds(string file, string backend)
    {
        var text = File.ReadAllText(Path.Combine(InfraFiles.Folder, file));

        Assert.Equal(backend, Backend().Match(text).Groups["name"].Value);
        Assert.Equal(backend != "None", text.Contains("libgomp1", StringComparison.Ordinal));
        Assert.Equal(backend != "None", text.Contains("\"--self-test\"", StringComparison.Ordinal));
    }

    [Fact]
    public void DeployScript_PublishingTheFunctionApp_NamesThePlatformAndBackendOfAzureNotOfThisMachine()
    {
        var line = File.ReadLines(Path.Combine(InfraFiles.Folder, "deploy.sh")).Single(l => l.StartsWith("dotnet publish", StringComparison.Ordinal));

        Assert.Contains("--runtime linux-x64 ", line, StringComparison.Ordinal);
        Assert.Equal("None", Backend().Match(line).Groups["name"].Value);
    }

    [GeneratedRegex(@"dotnet publish .* --property:Backend=(?<name>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Backend();

    [GeneratedRegex(@"^ARG (?<name>\w+)=(?<value>.+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Argument();

    [GeneratedRegex(@"\$\{(?<name>\w+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();
}
