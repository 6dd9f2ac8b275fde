using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Schedules;

/// <summary>Schedules in which a ticket says more, or less, than is on its way.</summary>
public sealed class TicketScheduleTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScheduleD_WorkerDiedBeforeItDeletedTheTicket_ARedoIsDone()
    {
        await using var pipeline = await WithLeftTicketAsync("d.jpg");
        var redo = await pipeline.RedoAsync("d.jpg");
        Assert.Equal(1, redo.Enqueued);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(2, pipeline.Model.Calls.Count);
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    [Fact]
    public async Task ScheduleM_ProfileChangedAndBackBesideALeftTicket_TheRecordIsUpToDate()
    {
        await using var pipeline = await WithLeftTicketAsync("m.jpg");
        pipeline.StartLoop();
        var first = pipeline.Basis;
        foreach (var profile in new[] { first with { Instruction = first.Instruction + " Be brief." }, first })
        {
            pipeline.Basis = profile;
            await Eventually.TrueAsync(
                async () =>
                {
                    await pipeline.SweepAsync();
                    return (await pipeline.RecordAsync("m.jpg"))!.Profile.Version == profile.Version;
                },
                "described for the profile of now");
        }
    }

    [Fact]
    public async Task ScheduleE_OneFieldIsRedoneAndThenAnotherWhileTheFirstWaits_BothAreDone()
    {
        await using var pipeline = await DescribedAsync("e.jpg");
        await pipeline.RedoAsync("e.jpg", "title");
        await pipeline.RedoAsync("e.jpg", "color");
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(["color", "title"], pipeline.Model.Requests.Skip(1).SelectMany(r => r.Profile.Fields).Select(f => f.Name).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ScheduleE_SecondRedoComesWhileTheModelIsAtTheFirst_BothAreDone()
    {
        await using var pipeline = await DescribedAsync("e.jpg");
        await pipeline.RedoAsync("e.jpg", "title");
        pipeline.Model.Script = async (_, _) =>
        {
            pipeline.Model.Script = null;
            Assert.Equal(1, (await pipeline.RedoAsync("e.jpg", "color")).Enqueued);
        };
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(["title", "color"], pipeline.Model.Requests.Skip(1).Select(r => Assert.Single(r.Profile.Fields).Name));
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    [Fact]
    public async Task ScheduleW_TheWorkerOfARedoDiesWhileAnotherRedoWaitsBesideIt_BothAreDone()
    {
        await using var pipeline = await DescribedAsync("w.jpg");
        await pipeline.RedoAsync("w.jpg", "title");
        await pipeline.ChangeTicketAsync("w.jpg", t => t with { Holder = "dead", Message = "gone", HoldSeconds = 600 });
        await pipeline.RedoAsync("w.jpg", "color");
        Assert.Equal(["color"], (await pipeline.TicketAsync("w.jpg"))!.Next?.Part?.Fields);
        await pipeline.ChangeTicketAsync("w.jpg", t => t with { HoldSeconds = 0 });
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(["color", "title"], pipeline.Model.Requests.Skip(1).SelectMany(r => r.Profile.Fields).Select(f => f.Name).Order(StringComparer.Ordinal));
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ScheduleT_ASlowIntakeOfAnOlderVersionEndsLast_TheNewerVersionsTicketStands(bool isRedo)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        await pipeline.UploadAsync("t.jpg", TestPipeline.Picture(1));
        transport.Before = async message =>
        {
            if (CutTransport.IsTicketWrite(message))
            {
                transport.Before = null;
                await pipeline.UploadAsync("t.jpg", TestPipeline.Picture(2));
                Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("t.jpg"));
            }
        };
        var slow = new ImageIntake(storage, pipeline.Preparer, pipeline.IntakeOptions);
        var request = new IntakeRequest { Name = "t.jpg", Profile = pipeline.Basis, Force = isRedo };
        Assert.Equal(isRedo ? IntakeResult.Enqueued : IntakeResult.AlreadyQueued, (await slow.IngestAsync(request, Cancellation)).Result);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();

        var record = (await pipeline.RecordAsync("t.jpg"))!;
        Assert.Equal((await pipeline.Store.GetImageETagAsync("t.jpg", Cancellation), isRedo), (record.Image.ETag, record.Generation.Redo is not null));
        Assert.Single(pipeline.Model.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ScheduleV_ThePictureIsReplacedAfterItsRedoWasAccepted_TheWishHoldsForTheNewVersion(bool isTakenIn)
    {
        await using var pipeline = await DescribedAsync("v.jpg");
        Assert.Equal(1, (await pipeline.RedoAsync("v.jpg", "title")).Enqueued);
        var wish = (await pipeline.TicketAsync("v.jpg"))!.Want.Redo;
        await pipeline.UploadAsync("v.jpg", TestPipeline.Picture(1));
        if (isTakenIn)
        {
            Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("v.jpg"));
        }

        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        var record = (await pipeline.RecordAsync("v.jpg"))!;
        Assert.Equal((wish, await pipeline.Store.GetImageETagAsync("v.jpg", Cancellation)), (record.Generation.Redo, record.Image.ETag));
        Assert.Equal((2, 0), (pipeline.Model.Calls.Count, await pipeline.TicketsAsync()));
    }

    [Theory]
    [InlineData(true, RecordStatus.Failed)]
    [InlineData(false, RecordStatus.Described)]
    public async Task ATicketThatAnotherProgramLeases_EndsItsMessageAndNotTheWorker(bool beforeTheModel, RecordStatus expected)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture(1));
        await pipeline.SweepAsync();
        var lease = pipeline.Storage.Prepared.GetBlobClient(Tickets.NameOf(pipeline.Storage.Images.Name, "a.jpg")).GetBlobLeaseClient();
        Task<Response<BlobLease>> LeaseAsync() => lease.AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration, cancellationToken: Cancellation);
        if (beforeTheModel)
        {
            await LeaseAsync();
        }
        else
        {
            pipeline.Model.Script = (_, _) => LeaseAsync();
        }

        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(expected, (await pipeline.RecordAsync("a.jpg"))!.Status);
        Assert.Equal(beforeTheModel ? 1 : 0, (await pipeline.PoisonAsync()).Count);

        pipeline.Model.Script = null;
        await pipeline.UploadAsync("b.jpg", TestPipeline.Picture(2));
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("b.jpg"))!.Status);
        Assert.Equal(1, await pipeline.TicketsAsync());

        await lease.BreakAsync(TimeSpan.Zero, cancellationToken: Cancellation);
        await pipeline.ChangeTicketAsync("a.jpg", t => t.Freed(TimeSpan.Zero));
        await new JobDispatch(pipeline.Storage, TimeProvider.System).SendAsync("a.jpg", Cancellation);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    private async Task<TestPipeline> DescribedAsync(string name)
    {
        var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync(name, TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync(name))!.Status);
        return pipeline;
    }

    // As a worker leaves it that dies after it has written the record, when its message is gone too.
    private async Task<TestPipeline> WithLeftTicketAsync(string name)
    {
        // A real clock decides when a message counts as lost; five minutes of it would be too long for a test.
        var pipeline = await TestPipeline.CreateAsync(azurite, new() { Model = new ScriptedModel().Info, LostAfter = TimeSpan.Zero });
        await pipeline.UploadAsync(name, TestPipeline.Picture());
        await pipeline.SweepAsync();
        var ticket = (await pipeline.TicketAsync(name))!;
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.NotNull(await new Tickets(pipeline.Storage).TryWriteAsync(ticket, seen: null, Cancellation));
        return pipeline;
    }
}
