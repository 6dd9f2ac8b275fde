using System.Text.RegularExpressions;
using BlobCaptioner.Captioning;
using BlobCaptioner.Telemetry;
using NetArchTest.Rules;
using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>The floor plan of <c>src/BlobCaptioner</c>: a folder uses only those above it in its list.</summary>
public sealed class HouseTests
{
    private const string Floors = "Validation Storage Text Telemetry Profiles Records Images Models Captioning Inference Remote Pipeline Exports Evaluation Estimates";

    // First the folders at the top, then the sub-folders of one folder a line: its own files first, which all of them may use.
    private static readonly string[] Orders =
    [
        Floors,
        "Pipeline Pipeline.Products Pipeline.Intake Pipeline.Jobs Pipeline.Sweeps",
    ];

    public static TheoryData<string, string> Folders
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var order in Orders)
            {
                foreach (var folder in order.Split(' '))
                {
                    rows.Add(folder, order);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Types_OfAFolder_UseOnlyFoldersAboveIt(string folder, string order)
    {
        var folders = order.Split(' ');
        string[] below = [.. folders.SkipWhile(f => f != folder).Skip(1).Select(f => $"BlobCaptioner.{f}")];

        // A folder that has its sub-folders in the list stands for its own files only.
        var itself = Regex.Escape($"BlobCaptioner.{folder}") + (folders.Any(f => f.StartsWith(folder + ".", StringComparison.Ordinal)) ? "$" : @"(\.|$)");

        // NetArchTest takes the name of a meter, a constant, for a namespace.
        var types = Types.InAssembly(typeof(ICaptionModel).Assembly).That().ResideInNamespaceMatching("^" + itself).And().DoNotHaveName(nameof(CaptionTelemetry));
        Assert.NotEmpty(types.GetTypes());
        if (below.Length > 0)
        {
            var offenders = types.ShouldNot().HaveDependencyOnAny(below).GetResult().FailingTypeNames ?? [];
            Assert.True(!offenders.Any(), $"These types of {folder} use a folder below it ({order}): {string.Join(", ", offenders)}");
        }
    }

    [Fact]
    public void Folders_OfTheAssembly_AreThoseOfTheLists()
    {
        string[] namespaces = [.. typeof(ICaptionModel).Assembly.GetTypes()
            .Select(t => t.Namespace ?? "")
            .Where(n => n.StartsWith("BlobCaptioner", StringComparison.Ordinal))
            .Select(n => n == "BlobCaptioner" ? "(top)" : n["BlobCaptioner.".Length..])
            .Distinct()];
        Assert.Equal(Floors.Split(' ').Order(StringComparer.Ordinal), namespaces.Select(n => n.Split('.')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.All(Orders.Skip(1), order => Assert.Equal(
            order.Split(' ').Order(StringComparer.Ordinal),
            namespaces.Where(n => n.Split('.')[0] == order.Split(' ')[0]).Order(StringComparer.Ordinal)));
    }
}
