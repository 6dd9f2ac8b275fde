using Azure.Identity;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Schedules;

/// <summary>Schedules in which a worker's hold on its message or ticket is in doubt.</summary>
public sealed class LeaseScheduleTests(AzuriteFixture azurite)
{
    // renewed every half second, so that a call of the model sees several renewals
    private static QueueLoopOptions ShortLease => TestPipeline.Fast with { Lease = TimeSpan.FromSeconds(1) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScheduleA_AnswersToMessageUpdatesAreCut_CostNoTry()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        var cut = new TaskCompletionSource();
        transport.CutsAnswer = message =>
        {
            var isCut = CutTransport.IsMessageUpdate(message);
            if (isCut && transport.Spoilt >= 4)
            {
                cut.TrySetResult();
            }

            return isCut;
        };
        pipeline.Model.Script = async (_, cancel) => await cut.Task.WaitAsync(cancel);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop(ShortLease, storage: storage);
        await cut.Task.WaitAsync(Cancellation);
        transport.CutsAnswer = null;
        await pipeline.RunUntilEmptyAsync();

        var record = await pipeline.RecordAsync("a.jpg");
        Assert.Equal((RecordStatus.Described, 1), (record!.Status, record.Generation.Tries));
        Assert.Single(pipeline.Model.Calls);
    }

    [Fact]
    public async Task ScheduleK_AnswerToARenewalIsCut_TheHealthyPictureGoesOn()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        var (writes, cut, renewed) = (0, new TaskCompletionSource(), new TaskCompletionSource());
        transport.CutsAnswer = message =>
        {
            // the first takes the ticket; the second, a renewal, is cut, and so is its repetition
            var count = CutTransport.IsTicketWrite(message) ? Interlocked.Increment(ref writes) : 0;
            if (count == 2)
            {
                cut.TrySetResult();
            }

            if (count >= 5)
            {
                renewed.TrySetResult();
            }

            return count is 2 or 3;
        };
        pipeline.Model.Script = async (_, cancel) => await renewed.Task.WaitAsync(cancel);
        await pipeline.UploadAsync("k.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop(ShortLease, storage: storage);
        await cut.Task.WaitAsync(Cancellation);
        pipeline.StartLoop(ShortLease);
        await pipeline.RunUntilEmptyAsync();

        var record = await pipeline.RecordAsync("k.jpg");
        Assert.Equal((RecordStatus.Described, 1), (record!.Status, record.Generation.Tries));
        Assert.Equal(2, transport.Spoilt);
        Assert.Single(pipeline.Model.Calls);
    }

    [Fact]
    public async Task ScheduleQ_OneSignInFailsWhileRenewing_NoSecondWorkerDescribesIt()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        var (writes, renewed) = (0, new TaskCompletionSource());
        transport.Before = message =>
        {
            var count = CutTransport.IsTicketWrite(message) ? Interlocked.Increment(ref writes) : 0;
            if (count == 2)
            {
                throw new AuthenticationFailedException("The identity endpoint timed out.");
            }

            if (count >= 5)
            {
                renewed.TrySetResult();
            }

            return Task.CompletedTask;
        };
        pipeline.Model.Script = async (_, cancel) => await renewed.Task.WaitAsync(cancel);
        await pipeline.UploadAsync("q.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop(ShortLease, storage: storage);
        await renewed.Task.WaitAsync(Cancellation);
        pipeline.StartLoop(ShortLease);
        await pipeline.RunUntilEmptyAsync();

        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("q.jpg"))!.Status);
        Assert.Single(pipeline.Model.Calls);
    }

    [Fact]
    public async Task ScheduleU_ToldToStopWhileItTakesTheTicket_CostsNoTry()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        transport.CutsAnswer = message =>
        {
            var isTaken = CutTransport.IsTicketWrite(message) && transport.Spoilt == 0;
            if (isTaken)
            {
                pipeline.RequestStop();
            }

            return isTaken;
        };
        await pipeline.UploadAsync("u.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop(storage: storage);
        await pipeline.LoopsEndAsync();

        var ticket = (await pipeline.TicketAsync("u.jpg"))!;
        Assert.Equal((0, null, 1), (ticket.Tries.Count, ticket.Holder, transport.Spoilt));
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(1, (await pipeline.RecordAsync("u.jpg"))!.Generation.Tries);
    }

    [Fact]
    public async Task ScheduleU_ReceivingFailsAsTheWorkerIsToldToStop_ThePictureInHandIsFinished()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        var failed = new TaskCompletionSource();
        pipeline.Model.Script = async (_, cancel) =>
        {
            transport.Before = message =>
            {
                if (!CutTransport.IsReceive(message))
                {
                    return Task.CompletedTask;
                }

                pipeline.RequestStop();
                failed.TrySetResult();
                throw new AuthenticationFailedException("The identity endpoint timed out.");
            };
            await failed.Task.WaitAsync(cancel);
        };
        await pipeline.UploadAsync("u.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop(storage: storage);
        await pipeline.LoopsEndAsync();
        Assert.Equal(1, (await pipeline.RecordAsync("u.jpg"))!.Generation.Tries);
    }
}
