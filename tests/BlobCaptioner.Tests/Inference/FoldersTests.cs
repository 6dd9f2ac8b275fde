using BlobCaptioner.Inference;
using NetArchTest.Rules;
using Xunit;

namespace BlobCaptioner.Tests.Inference;

/// <summary>The order of the folders of <c>Inference</c>: the decoder's own types at the bottom, each folder above uses only those before it.</summary>
public sealed class FoldersTests
{
    private const string Root = "BlobCaptioner.Inference";

    private static readonly string[] Folders = [Root, $"{Root}.Sampling", $"{Root}.Plans", $"{Root}.Answers", $"{Root}.Batching"];

    public static TheoryData<string> Names => [.. Folders];

    [Theory]
    [MemberData(nameof(Names))]
    public void Types_OfAFolder_UseOnlyFoldersBeforeIt(string folder)
    {
        string[] later = [.. Folders.SkipWhile(f => f != folder).Skip(1)];
        var types = Types.InAssembly(typeof(ISequenceDecoder).Assembly).That().ResideInNamespaceMatching($"^{folder.Replace(".", "[.]", StringComparison.Ordinal)}$");
        Assert.NotEmpty(types.GetTypes());
        if (later.Length > 0)
        {
            var offenders = types.ShouldNot().HaveDependencyOnAny(later).GetResult().FailingTypeNames ?? [];
            Assert.True(!offenders.Any(), $"These types of {folder} use a folder after it: {string.Join(", ", offenders)}");
        }
    }

    [Fact]
    public void Folders_OfInference_AreThoseOfTheList() => Assert.Equal(
        Folders.Order(StringComparer.Ordinal),
        typeof(ISequenceDecoder).Assembly.GetTypes().Select(t => t.Namespace ?? "").Where(n => n == Root || n.StartsWith($"{Root}.", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal));
}
