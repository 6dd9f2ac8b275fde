using System.Net;
using System.Text;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Pipeline;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>Pictures that Event Grid tells the app of.</summary>
public sealed class EventGridTests(EventGridApp fixture) : IClassFixture<EventGridApp>
{
    private FunctionsApp App => fixture.App;

    [Fact]
    public void Start_EventGrid_OffersThatWiringAlone() =>
        Assert.Equal(["IngestFromEventGrid", "MarkPoisonImage", "MarkPoisonJob", "RetryIntake", "Sweep"], App.Host.Functions.Select(f => f.Name).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Webhook_Validation_AnswersWithTheCode()
    {
        using var answer = await App.Host.Webhook.ValidateAsync(FunctionSelection.EventGrid, "code-1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("code-1", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drop_AnyName_GetsItsPreparedImageAndItsJob()
    {
        await Task.WhenAll(FunctionsApp.Names.Select(App.DropAsync));
        await App.AssertJobsAsync(FunctionsApp.Names);
        Assert.All(FunctionsApp.Names, name => Assert.True(App.CallsFor(name).Single().Succeeded));
    }

    [Fact]
    public async Task Drop_NoPicture_GetsARejectedRecord()
    {
        await App.DropAsync("broken #1.jpg", Encoding.UTF8.GetBytes("this is no picture"));
        await App.DropAsync("empty.jpg", []);
        await App.UntilAsync(async () => await App.Pipeline.RecordAsync("broken #1.jpg") is not null && await App.Pipeline.RecordAsync("empty.jpg") is not null, "two records");
        foreach (var name in (string[])["broken #1.jpg", "empty.jpg"])
        {
            var record = (await App.Pipeline.RecordAsync(name))!;
            Assert.Equal(RecordStatus.Rejected, record.Status);
            Assert.NotEmpty(record.Error!.Code);
        }
    }

    [Fact]
    public async Task Drop_NameThatIsNoPictures_LeavesNothing()
    {
        string[] names = ["notes.json", "_captioner.json", "_hidden.jpg", ".dot.jpg", "shoes/_draft.jpg"];
        foreach (var name in names)
        {
            await App.DropAsync(name, name.EndsWith(".json", StringComparison.Ordinal) ? "{}"u8.ToArray() : TestPipeline.Picture());
        }

        await App.TellAsync("gone.jpg");
        await App.UntilAsync(() => Task.FromResult(names.All(n => App.CallsFor(n).Any())), "every event was taken");
        Assert.All(names, name => Assert.True(App.CallsFor(name).Single().Succeeded));
        var blobs = await App.Pipeline.BlobNamesAsync();
        Assert.DoesNotContain(names.Append("gone.jpg"), name => blobs.Contains(name + ".json"));
        Assert.DoesNotContain(App.Host.Calls, c => !c.Succeeded);
    }

    [Fact]
    public async Task Drop_HundredAtOnce_EachGetsOneJob()
    {
        var names = Enumerable.Range(0, 100).Select(i => $"many/{i:000}.jpg").ToArray();
        await Task.WhenAll(names.Select(App.DropAsync));
        await App.AssertJobsAsync(names);
    }
}
