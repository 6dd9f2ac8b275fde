using System.Text;
using Azure.Storage.Queues;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Functions;

/// <summary>What is given up: by the blob trigger, by a worker, and by the host itself.</summary>
public sealed class PoisonTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Intake_FailsInEveryAttempt_LeavesAFailedRecordWithTheirNumber()
    {
        await using var app = await FunctionsApp.CreateAsync(
            await azurite.GetConnectionStringAsync(Cancellation), ImageTriggerSource.EventGrid, more: [("IntakeRetry__Delay", "00:00:00"), ("IntakeRetry__MaxAttempts", "2")]);
        await BreakAsync(app);
        string[] names = ["poison/plain.jpg", "poison/zwei #%2F 鞋.jpg"];
        await Task.WhenAll(names.Select(app.DropAsync));
        await app.UntilAsync(async () => await app.Pipeline.RecordAsync(names[0]) is not null && await app.Pipeline.RecordAsync(names[1]) is not null, "two records");
        foreach (var name in names)
        {
            var record = (await app.Pipeline.RecordAsync(name))!;
            Assert.Equal((RecordStatus.Failed, "intake-failed", 2), (record.Status, record.Error!.Code, record.Generation.Tries));

            // The trigger's own tries are not used up: the first call has put the image into our queue.
            Assert.True(Assert.Single(app.CallsFor(name)).Succeeded);
        }
    }

    [Fact]
    public async Task Intake_StorageComesBack_EveryPictureGetsItsJobWithoutASweep()
    {
        await using var app = await FunctionsApp.CreateAsync(
            await azurite.GetConnectionStringAsync(Cancellation), ImageTriggerSource.EventGrid, more: [("IntakeRetry__Delay", "00:00:00"), ("IntakeRetry__MaxAttempts", "100")]);
        await BreakAsync(app);
        var names = Enumerable.Range(0, 5).Select(i => $"outage/{i}.jpg").ToArray();
        await Task.WhenAll(names.Select(app.DropAsync));
        await app.UntilAsync(() => Task.FromResult(app.Host.Calls.Count(c => c.Function == "RetryIntake") >= names.Length), "attempts fail");
        await app.Pipeline.Storage.CreateIfNotExistsAsync(Cancellation);
        await app.AssertJobsAsync(names);
        Assert.DoesNotContain(app.Host.Calls, c => !c.Succeeded);
    }

    [Fact]
    public async Task Intake_NotEvenTheMessageCanBeSent_ComesBackByTheTriggersPoisonQueue()
    {
        // The trigger's poison queue has one name for all apps of an account.
        await using var own = await AzuriteFixture.StartOwnAsync(dataDirectory: null, ports: null, Cancellation);
        await using var app = await FunctionsApp.CreateAsync(
            await azurite.GetConnectionStringAsync(Cancellation), ImageTriggerSource.EventGrid, own.ConnectionString,
            more: [("IntakeRetry__Delay", "00:00:00"), ("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "00:00:01")]);
        await BreakAsync(app);
        await app.Pipeline.Storage.Intake.DeleteAsync(Cancellation);
        await app.DropAsync("a.jpg");
        await app.UntilAsync(() => Task.FromResult(app.CallsFor("a.jpg").Count(c => !c.Succeeded) == 5), "five failed tries");
        Assert.Null(await app.Pipeline.RecordAsync("a.jpg"));
        await app.Pipeline.Storage.CreateIfNotExistsAsync(Cancellation);
        await app.AssertJobsAsync(["a.jpg"]);
        Assert.Null(await app.Pipeline.RecordAsync("a.jpg"));
    }

    [Fact]
    public async Task PoisonQueue_AnyMessage_IsMarkedOrKept()
    {
        var connection = await azurite.GetConnectionStringAsync(Cancellation);
        await using var app = await FunctionsApp.CreateAsync(connection, ImageTriggerSource.EventGrid);
        await app.DropAsync("given-up.jpg");
        await app.Pipeline.SweepAsync();
        var job = (await app.TakeJobsAsync()).Single();
        var poison = app.Pipeline.Storage.Poison;
        await poison.SendMessageAsync(CaptionMessage.Format(new PoisonMessage { Code = "model-error", Reason = "out of memory", Job = job, Call = (await app.Pipeline.TicketAsync(job.Name))!.Call, At = DateTimeOffset.UnixEpoch }), Cancellation);
        await poison.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"of":"nobody"}""")), Cancellation);
        await poison.SendMessageAsync("no base64 at all!", Cancellation);
        await app.StartAsync();

        var unreadable = new QueueClient(connection, poison.Name + "-poison");
        await app.UntilAsync(
            async () => await LengthAsync(poison) == 0 && await LengthAsync(app.Pipeline.Storage.Kept) == 1 && await LengthAsync(unreadable) == 1, "three ends");
        var record = (await app.Pipeline.RecordAsync("given-up.jpg"))!;
        Assert.Equal((RecordStatus.Failed, "model-error"), (record.Status, record.Error!.Code));
    }

    // Without the queue of jobs no picture can be taken in.
    private static async Task BreakAsync(FunctionsApp app)
    {
        await app.StartAsync();

        // Otherwise its set-up may make the queue anew.
        await app.UntilAsync(() => Task.FromResult(app.Host.IsWorkerStarted), "the worker is up");
        await app.Pipeline.Storage.Captions.DeleteAsync(Cancellation);
    }

    private static async Task<int> LengthAsync(QueueClient queue) =>
        (await queue.ExistsAsync(Cancellation)).Value ? (await queue.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount : 0;
}
