using Xunit;

namespace BlobCaptioner.Tests.Infra;

/// <summary>The real compiler on the real files: no word of warning, and proof that it would say one.</summary>
public sealed class BicepTests
{
    [Theory]
    [InlineData("build", "main.bicep", "--stdout")]
    [InlineData("lint", "main.bicep")]
    [InlineData("build-params", "main.bicepparam", "--stdout")]
    [InlineData("lint", "main.bicepparam")]
    public async Task Compiler_OnOurFiles_SaysNothing(string command, string file, params string[] options)
    {
        var (exitCode, errors, _) = await InfraFiles.BicepAsync([command, Path.Combine(InfraFiles.Folder, file), .. options]);

        Assert.Equal("", errors.Trim());
        Assert.Equal(0, exitCode);
    }

    [Theory]
    [InlineData("modules/worker.bicep", "param tags object", "param tags object\nparam nobodyReadsThis string = ''", "no-unused-params")]
    [InlineData("modules/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: 'no'", "BCP036")]
    [InlineData("modules/monitoring.bicep", "location: location", "location: 'westeurope'", "no-hardcoded-location")]
    public async Task Compiler_OnABrokenCopy_NamesTheRule(string file, string good, string bad, string rule)
    {
        var copy = Directory.CreateTempSubdirectory("infra-");
        try
        {
            foreach (var source in Directory.EnumerateFiles(InfraFiles.Folder, "*.bicep*", SearchOption.AllDirectories)
                .Append(Path.Combine(InfraFiles.Folder, "bicepconfig.json")))
            {
                var target = Path.Combine(copy.FullName, Path.GetRelativePath(InfraFiles.Folder, source));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(source, target);
            }

            var broken = Path.Combine(copy.FullName, file);
            var text = await File.ReadAllTextAsync(broken, TestContext.Current.CancellationToken);
            Assert.Contains(good, text, StringComparison.Ordinal);
            await File.WriteAllTextAsync(broken, text.Replace(good, bad, StringComparison.Ordinal), TestContext.Current.CancellationToken);

            var (exitCode, errors, _) = await InfraFiles.BicepAsync("build", Path.Combine(copy.FullName, "main.bicep"), "--stdout");

            Assert.Contains(rule, errors, StringComparison.Ordinal);
            if (!rule.StartsWith("BCP", StringComparison.Ordinal))
            {
                Assert.NotEqual(0, exitCode);
            }
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }
}
