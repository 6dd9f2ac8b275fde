using BlobCaptioner.Captioning;
using BlobCaptioner.Telemetry;
using NetArchTest.Rules;
using Xunit;

namespace BlobCaptioner.Tests;

/// <summary>The floor plan of <c>src/BlobCaptioner</c>: a folder uses only those above it in this list.</summary>
public sealed class HouseTests
{
    private static readonly string[] Folders =
    [
        "Storage", "Text", "Telemetry", "Profiles", "Records", "Images", "Models", "Captioning", "Inference", "Remote", "Pipeline", "Exports", "Evaluation", "Estimates",
    ];

    public static TheoryData<string> Names => [.. Folders];

    [Theory]
    [MemberData(nameof(Names))]
    public void Types_OfAFolder_UseOnlyFoldersAboveIt(string folder)
    {
        string[] below = [.. Folders.SkipWhile(f => f != folder).Skip(1).Select(NamespaceOf)];

        // NetArchTest takes the name of a meter, a constant, for a namespace.
        var types = Types.InAssembly(typeof(ICaptionModel).Assembly).That().ResideInNamespaceStartingWith(NamespaceOf(folder)).And().DoNotHaveName(nameof(CaptionTelemetry));
        Assert.NotEmpty(types.GetTypes());
        if (below.Length > 0)
        {
            var offenders = types.ShouldNot().HaveDependencyOnAny(below).GetResult().FailingTypeNames ?? [];
            Assert.True(!offenders.Any(), $"These types of {folder} use a folder below it ({string.Join(", ", Folders)}): {string.Join(", ", offenders)}");
        }
    }

    [Fact]
    public void Folders_OfTheAssembly_AreThoseOfTheList()
    {
        var namespaces = typeof(ICaptionModel).Assembly.GetTypes()
            .Select(t => t.Namespace ?? "")
            .Where(n => n.StartsWith("BlobCaptioner", StringComparison.Ordinal))
            .Select(n => n.Split('.').ElementAtOrDefault(1) ?? "(top)")
            .Distinct();
        Assert.Equal(Folders.Order(StringComparer.Ordinal), namespaces.Order(StringComparer.Ordinal));
    }

    private static string NamespaceOf(string folder) => $"BlobCaptioner.{folder}";
}
