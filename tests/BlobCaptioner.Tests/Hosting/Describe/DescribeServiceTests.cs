using System.Text;
using Azure;
using Azure.Core;
using BlobCaptioner.Captioning;
using BlobCaptioner.Hosting.Describe;
using BlobCaptioner.Hosting.Settings;
using BlobCaptioner.Hosting.Worker;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Pipeline.Schedules;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Hosting.Describe;

/// <summary>The describing half of a function app, without its host: the test holds the message's lease.</summary>
public sealed class DescribeServiceTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogCollector _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DescribeAsync_ManyAtOnce_ShareTheModelThatWasLoadedOnce()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var loads = 0;
        using var service = Create(pipeline, _ =>
        {
            loads++;
            return Task.FromResult<ICaptionModel>(pipeline.Model);
        });
        var names = Enumerable.Range(0, 8).Select(i => $"{i}.jpg").ToArray();
        var deliveries = await DeliverAsync(pipeline, names);
        await service.StartAsync(Cancellation);
        await Task.WhenAll(deliveries.Select(d => service.DescribeAsync(d, Cancellation)));
        Assert.All(names, name => Assert.Equal(RecordStatus.Described, pipeline.RecordAsync(name).GetAwaiter().GetResult()!.Status));
        Assert.All(deliveries, d => Assert.True(d.IsSettled));
        Assert.Equal((1, 0), (loads, service.InHand));
        await StopAsync(service);
    }

    [Fact]
    public async Task DescribeAsync_ModelNotReadyInTime_SendsTheSameMessageAgainAndBeginsNothing()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var loading = new TaskCompletionSource<ICaptionModel>();
        using var service = Create(pipeline, cancel => loading.Task.WaitAsync(cancel));
        var delivery = Assert.Single(await DeliverAsync(pipeline, ["a.jpg"]));
        await service.StartAsync(Cancellation);
        var call = service.DescribeAsync(delivery, Cancellation);
        _time.Advance(TimeSpan.FromMinutes(4.9));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromMinutes(0.1));
        await call.WaitAsync(Deadline, Cancellation);
        Assert.True(delivery.IsSettled);
        Assert.Empty(pipeline.Model.Calls);

        // It comes after the return delay, by the queue's own clock.
        Assert.Equal(1, await pipeline.QueueLengthAsync());
        Assert.Empty((await pipeline.Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value);
        await StopAsync(service);
    }

    [Fact]
    public async Task Stop_CallsWaitForTheModel_TheirJobsAreVisibleAtOnce()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        using var service = Create(pipeline, cancel => new TaskCompletionSource<ICaptionModel>().Task.WaitAsync(cancel));
        var delivery = Assert.Single(await DeliverAsync(pipeline, ["a.jpg"]));
        await service.StartAsync(Cancellation);
        var call = service.DescribeAsync(delivery, Cancellation);
        await StopAsync(service);
        await call.WaitAsync(Deadline, Cancellation);
        var message = Assert.Single((await pipeline.Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value);
        Assert.Equal(delivery.Text, Encoding.UTF8.GetString(Convert.FromBase64String(message.Body.ToString())));
    }

    [Fact]
    public async Task DescribeAsync_ModelNeverAnswers_HandsTheJobBackAtItsOwnLimit()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        using var service = Create(pipeline, _ => Task.FromResult<ICaptionModel>(pipeline.Model));
        var delivery = Assert.Single(await DeliverAsync(pipeline, ["a.jpg"]));
        var entered = new TaskCompletionSource();
        pipeline.Model.Script = async (image, cancel) =>
        {
            if (image.Name == "a.jpg")
            {
                entered.TrySetResult();
                await new TaskCompletionSource().Task.WaitAsync(cancel);
            }
        };
        await service.StartAsync(Cancellation);
        var call = service.DescribeAsync(delivery, Cancellation);
        await entered.Task.WaitAsync(Deadline, Cancellation);
        _time.Advance(new DescribeOptions().MaxDuration);
        await call.WaitAsync(Deadline, Cancellation);
        Assert.True(delivery.IsSettled);
        Assert.Equal(1, await pipeline.QueueLengthAsync());
        Assert.Contains(_log.GetSnapshot(), l => l.Id.Id == 1204);
        await StopAsync(service);
    }

    [Fact]
    public async Task Load_Fails_IsTriedAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var loads = 0;
        using var service = Create(pipeline, _ => ++loads < 3 ? throw new IOException("The share is away.") : Task.FromResult<ICaptionModel>(pipeline.Model));
        var delivery = Assert.Single(await DeliverAsync(pipeline, ["a.jpg"]));
        await service.StartAsync(Cancellation);
        var call = service.DescribeAsync(delivery, Cancellation);
        await Cli.Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(call.IsCompleted);
        }, "the model is loaded in the third try");
        await call;
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("a.jpg"))!.Status);
        Assert.Equal(2, _log.GetSnapshot().Count(l => l.Level == LogLevel.Critical && l.Message.Contains("The share is away.", StringComparison.Ordinal)));
        await StopAsync(service);
    }

    [Fact]
    public async Task ReturnAsync_JsonOrBase64_IsBase64InTheQueue()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var delivery = new ForwardedDelivery(pipeline.Storage.Captions, "id", "{}", 3);
        Assert.False(delivery.IsSettled);
        await delivery.ReturnAsync("""{"name":"鞋.jpg"}""", TimeSpan.FromSeconds(-5), Cancellation);
        await delivery.ReturnAsync(Convert.ToBase64String("{}"u8), TimeSpan.FromDays(30), Cancellation);
        Assert.True(delivery.IsSettled);
        var message = Assert.Single((await pipeline.Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value);
        Assert.Equal("""{"name":"鞋.jpg"}""", Encoding.UTF8.GetString(Convert.FromBase64String(message.Body.ToString())));
        Assert.Equal(2, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task DescribeAsync_NeitherDoneNorSentBack_Throws()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        using var service = Create(pipeline, cancel => new TaskCompletionSource<ICaptionModel>().Task.WaitAsync(cancel));
        await service.StartAsync(Cancellation);
        var delivery = Assert.Single(await DeliverAsync(pipeline, ["a.jpg"]));
        await pipeline.Storage.Captions.DeleteAsync(Cancellation);
        await Assert.ThrowsAnyAsync<RequestFailedException>(() => service.DescribeAsync(delivery, new(canceled: true)));
        Assert.False(delivery.IsSettled);
        await StopAsync(service);
    }

    [Fact]
    public async Task DescribeAsync_StorageRefusesTheRecordAndTheTicket_TheMessageComesAfterTheHold()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        pipeline.Model.Script = (image, _) =>
        {
            // The warm-up's picture is another one.
            transport.Before = image.Name == "a.jpg" ? message => message.Request.Method == RequestMethod.Put ? throw new RequestFailedException(403, "No role.") : Task.CompletedTask : null;
            return Task.CompletedTask;
        };
        using var service = Create(pipeline, _ => Task.FromResult<ICaptionModel>(pipeline.Model), storage);
        var delivery = Assert.Single(await DeliverAsync(pipeline, ["a.jpg"]));
        await service.StartAsync(Cancellation);
        await service.DescribeAsync(delivery, Cancellation);
        Assert.NotNull((await pipeline.TicketAsync("a.jpg"))!.Holder);

        // Delivered earlier, it would meet its own hold and be dropped.
        Assert.Equal(1, await pipeline.QueueLengthAsync());
        Assert.Empty((await pipeline.Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value);
        await StopAsync(service);
    }

    private DescribeService Create(TestPipeline pipeline, CaptionModelFactory load, CaptionStorage? storage = null) => new(
        storage ?? pipeline.Storage, pipeline.Preparer, load, new() { Queue = TestPipeline.Fast, Profile = TestPipeline.Profile }, new(),
        new ConfigurationBuilder().Build(), _time, new LoggerFactory([new FakeLoggerProvider(_log)]));

    /// <summary>Takes the jobs out of the queue, as a host that deletes each message once its call is over.</summary>
    private static async Task<IReadOnlyList<ForwardedDelivery>> DeliverAsync(TestPipeline pipeline, string[] names)
    {
        foreach (var name in names)
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(name[0]));
        }

        await pipeline.SweepAsync();
        var messages = (await pipeline.Storage.Captions.ReceiveMessagesAsync(32, cancellationToken: Cancellation)).Value;
        Assert.Equal(names.Length, messages.Length);
        foreach (var message in messages)
        {
            await pipeline.Storage.Captions.DeleteMessageAsync(message.MessageId, message.PopReceipt, Cancellation);
        }

        return [.. messages.Select(m => new ForwardedDelivery(
            pipeline.Storage.Captions, m.MessageId, Encoding.UTF8.GetString(Convert.FromBase64String(m.Body.ToString())), m.DequeueCount))];
    }

    private static async Task StopAsync(DescribeService service)
    {
        await service.StoppingAsync(Cancellation);
        await service.StopAsync(Cancellation);
    }
}
