using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Tests.LocalStack;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Sweeps;

public sealed class ContinuedSweepTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Ample = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static SweepRequest Request => new() { Profile = TestPipeline.Profile, Parallelism = 4 };

    [Fact]
    public async Task RunAsync_TimeForAll_IsLikeOneSweep()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, 7);
        var sweep = new ContinuedSweep(pipeline.Intake) { PageSize = 3 };
        Assert.Equal(new(SweepEnd.Complete, new() { Listed = 7, Enqueued = 7 }), await sweep.RunAsync(Request, Ample, Cancellation));
        Assert.Equal(new(SweepEnd.Complete, new() { Listed = 7, InFlight = 7 }), await sweep.RunAsync(Request, Ample, Cancellation));
    }

    [Fact]
    public async Task RunAsync_RecordsOnTheNextPage_AreFoundAllTheSame()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, 5);
        var sweep = new ContinuedSweep(pipeline.Intake) { PageSize = 1 };
        await sweep.RunAsync(Request, Ample, Cancellation);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(new(SweepEnd.Complete, new() { Listed = 5, UpToDate = 5 }), await sweep.RunAsync(Request, Ample, Cancellation));
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    [Fact]
    public async Task RunAsync_OutOfTimeAfterEachPage_GoesOnThereAndReachesTheEnd()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, 7);

        var time = new FakeTimeProvider();
        var intake = new ImageIntake(pipeline.Storage, pipeline.Preparer, time: time, onEvent: e => time.Advance(TimeSpan.FromSeconds(e.Kind == PipelineEventKind.Enqueued ? 1 : 0)));
        var sweep = new ContinuedSweep(intake) { PageSize = 3 };
        var listed = new List<long>();
        SweepEnd end;
        do
        {
            var found = await sweep.RunAsync(Request with { Parallelism = 1 }, TimeSpan.FromSeconds(2.5), Cancellation);
            (end, _) = found;
            listed.Add(found.Summary.Listed);
        }
        while (end == SweepEnd.OutOfTime && listed.Count < 20);
        Assert.Equal(SweepEnd.Complete, end);
        Assert.Equal([3L, 3, 1], listed);
        Assert.Equal(7, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task RunAsync_OutOfTimeWithinAPage_EndsAfterAsManyRunsAsItTakes()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, 5);
        var time = new FakeTimeProvider();
        var intake = new ImageIntake(pipeline.Storage, pipeline.Preparer, time: time, onEvent: e => time.Advance(TimeSpan.FromSeconds(e.Kind == PipelineEventKind.Enqueued ? 1 : 0)));
        var sweep = new ContinuedSweep(intake) { PageSize = 5 };
        var enqueued = new List<long>();
        for (var run = 0; run < 3; run++)
        {
            enqueued.Add((await sweep.RunAsync(Request with { Parallelism = 1 }, TimeSpan.FromSeconds(1.5), Cancellation)).Summary.Enqueued);
        }

        Assert.Equal([2L, 2, 1], enqueued);
    }

    [Fact]
    public async Task RunAsync_NoTime_DoesNothingAndLosesNothing()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, 2);
        var sweep = new ContinuedSweep(pipeline.Intake);
        Assert.Equal(new(SweepEnd.OutOfTime, new()), await sweep.RunAsync(Request, TimeSpan.Zero, Cancellation));
        Assert.Equal(2, (await sweep.RunAsync(Request, Ample, Cancellation)).Summary.Enqueued);
    }

    [Fact]
    public async Task RunAsync_AnotherIsAtIt_LeavesItAloneAndWorksAfterwards()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, 2);
        var sweep = new ContinuedSweep(pipeline.Intake);
        await sweep.RunAsync(Request, TimeSpan.Zero, Cancellation);
        var place = pipeline.Storage.Prepared.GetBlobClient((await PlacesAsync(pipeline)).Single());
        var lease = place.GetBlobLeaseClient();
        await lease.AcquireAsync(TimeSpan.FromSeconds(60), cancellationToken: Cancellation);
        Assert.Equal(new(SweepEnd.Busy, new()), await sweep.RunAsync(Request, Ample, Cancellation));
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        await lease.ReleaseAsync(cancellationToken: Cancellation);
        Assert.Equal(SweepEnd.Complete, (await sweep.RunAsync(Request, Ample, Cancellation)).End);
    }

    public static TheoryData<string> UnknownPlaces => ["zzz", "\u0001", "a\nb", "\uFFFF", "%00", "<&", "\u978B", new string('z', 8000), new string('\u978B', 2700), new string('z', 100_000)];

    [Theory]
    [MemberData(nameof(UnknownPlaces))]
    public async Task RunAsync_PlaceThatStorageDoesNotKnow_BeginsAtTheStartNextTime(string saved)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await UploadAsync(pipeline, 2);
        var sweep = new ContinuedSweep(pipeline.Intake);
        await sweep.RunAsync(Request, TimeSpan.Zero, Cancellation);
        var place = pipeline.Storage.Prepared.GetBlobClient((await PlacesAsync(pipeline)).Single());
        await place.UploadAsync(new BinaryData(saved), overwrite: true, Cancellation);
        await sweep.RunAsync(Request, Ample, Cancellation);
        Assert.Equal(2, (await sweep.RunAsync(Request, Ample, Cancellation)).Summary.Listed);
    }

    private static async Task UploadAsync(TestPipeline pipeline, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await pipeline.UploadAsync($"{i}.jpg", TestPipeline.Picture(i));
        }
    }

    private static async Task<IReadOnlyList<string>> PlacesAsync(TestPipeline pipeline)
    {
        var names = new List<string>();
        await foreach (var blob in pipeline.Storage.Prepared.GetBlobsAsync(new GetBlobsOptions { Prefix = "_sweep/" }, Cancellation))
        {
            names.Add(blob.Name);
        }

        return names;
    }
}
