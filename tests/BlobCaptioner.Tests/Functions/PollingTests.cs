using System.Text;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>Pictures that the host finds by looking.</summary>
public sealed class PollingTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task Start_PicturesLieOrCome_EachIsTakenInOnce()
    {
        await using var app = await FunctionsApp.CreateAsync(
            await azurite.GetConnectionStringAsync(TestContext.Current.CancellationToken), ImageTriggerSource.Polling);
        await Task.WhenAll(FunctionsApp.Names.Select(app.DropAsync));
        await app.DropAsync("broken.jpg", Encoding.UTF8.GetBytes("this is no picture"));
        await app.DropAsync("empty.jpg", []);
        await app.DropAsync("notes.json", "{}"u8.ToArray());
        await app.StartAsync();
        Assert.Equal(["IngestByPolling", "MarkPoisonImage", "MarkPoisonJob", "RetryIntake", "Sweep"], app.Host.Functions.Select(f => f.Name).Order(StringComparer.Ordinal));

        await app.AssertJobsAsync(FunctionsApp.Names);
        await app.UntilAsync(() => Task.FromResult(((string[])["broken.jpg", "empty.jpg", "notes.json"]).All(n => app.CallsFor(n).Any())), "the others were seen");
        Assert.Equal(RecordStatus.Rejected, (await app.Pipeline.RecordAsync("broken.jpg"))!.Status);
        Assert.Equal(RecordStatus.Rejected, (await app.Pipeline.RecordAsync("empty.jpg"))!.Status);

        // The next look finds what came since, the two records among it, which are nobody's pictures.
        await app.DropAsync("late.jpg");
        await app.AssertJobsAsync(["late.jpg"]);
        await app.UntilAsync(() => Task.FromResult(((string[])["broken.jpg.json", "empty.jpg.json"]).All(n => app.CallsFor(n).Any())), "the records were seen");
        Assert.DoesNotContain(await app.Pipeline.BlobNamesAsync(), n => n is "notes.json.json" or "broken.jpg.json.json" or "empty.jpg.json.json");
        Assert.DoesNotContain(app.Host.Calls, c => !c.Succeeded);
    }
}
