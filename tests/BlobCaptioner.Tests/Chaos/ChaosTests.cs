using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Chaos;

/// <summary>Nothing lost, nothing twice, whatever fails. <c>dotnet run --project tests/BlobCaptioner.Tests -- chaos</c> runs the same at any size.</summary>
[Collection(WholeMachineCollection.Name)]
public sealed class ChaosTests(AzuriteFixture files)
{
    [Fact]
    public async Task Work_WorkersSweepsStorageAndRequestsFail_EachPictureIsDescribedOnce()
    {
        var output = TestContext.Current.TestOutputHelper!;
        var report = await ChaosRun.RunAsync(new(), files.CreateFolder(), output.WriteLine, TestContext.Current.CancellationToken);
        output.WriteLine(report.ToString());
        Assert.True(report.HasHeld, report.ToString());
        Assert.True(report is { Killed.OpenCalls: > 0, Requests.Spoiled: > 0, Requests.Unreached: > 0 }, $"too little went wrong to prove anything\n{report}");
    }
}
