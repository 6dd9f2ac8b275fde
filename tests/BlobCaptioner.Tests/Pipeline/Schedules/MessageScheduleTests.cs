using System.Text;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Schedules;

/// <summary>Schedules in which messages are lost, doubled, or can't be worked on.</summary>
public sealed class MessageScheduleTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(-1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Messages that parse, or nearly, but name nothing that can be described.</summary>
    public static TheoryData<string> Unworkable =>
    [
        "not a job",
        "AAAA",
        """{"container":"CONTAINER","name":""}""",
        """{"container":"CONTAINER","name":"a\u0001b.jpg"}""",
        """{"container":"CONTAINER","name":"../prepared/x.jpg"}""",
        """{"container":"CONTAINER","name":"gone.jpg","returned":-5}""",
        """{"container":"CONTAINER","name":"p.product.json"}""",
        $$"""{"container":"{{new string('x', 40_000)}}","name":"a.jpg"}""",
        $$"""{"container":"CONTAINER","name":"{{new string('n', 2000)}}"}""",
        Reported("eyJjb250YWluZXIiOiAiaW1hZ2VzIiwgIm5hbWUiOiAiIiwgImVUYWciOiAiZSIsICJjb250ZW50SGFzaCI6ICJoIiwgImZvcm1hdCI6ICJqcGVnIiwgIndpZHRoIjogMSwgImhlaWdodCI6IDEsICJwcmVwYXJlZEJsb2IiOiAicC5qcGciLCAicHJlcGFyYXRpb24iOiAieCIsICJwcm9maWxlIjogImRlZmF1bHQiLCAicHJvZmlsZVZlcnNpb24iOiAidiIsICJjbGFpbSI6ICJfam9icy94IiwgImVucXVldWVkQXQiOiAiMjAyNi0wMS0wMVQwMDowMDowMFoifQ=="),
        Reported("eyJjb250YWluZXIiOiAiaW1hZ2VzIiwgIm5hbWUiOiAieC5wcm9kdWN0Lmpzb24iLCAiZVRhZyI6ICJlIiwgImNvbnRlbnRIYXNoIjogImgiLCAiZm9ybWF0IjogImpwZWciLCAid2lkdGgiOiAxLCAiaGVpZ2h0IjogMSwgInByZXBhcmVkQmxvYiI6ICJwLmpwZyIsICJwcmVwYXJhdGlvbiI6ICJ4IiwgInByb2ZpbGUiOiAiZGVmYXVsdCIsICJwcm9maWxlVmVyc2lvbiI6ICJ2IiwgImNsYWltIjogIl9qb2JzL3giLCAiZW5xdWV1ZWRBdCI6ICIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsICJwcm9kdWN0IjogeyJza3UiOiAieCIsICJ2aWV3cyI6IFtdfX0="),
        Reported("eyJjb250YWluZXIiOiAiaW1hZ2VzIiwgIm5hbWUiOiAiZ29uZS5qcGciLCAiZVRhZyI6ICJlIiwgImNvbnRlbnRIYXNoIjogImgiLCAiZm9ybWF0IjogImpwZWciLCAid2lkdGgiOiAxLCAiaGVpZ2h0IjogMSwgInByZXBhcmVkQmxvYiI6ICJwLmpwZyIsICJwcmVwYXJhdGlvbiI6ICJ4IiwgInByb2ZpbGUiOiAib2YtdG9tb3Jyb3ciLCAicHJvZmlsZVZlcnNpb24iOiAidiIsICJjbGFpbSI6ICJfam9icy94IiwgImVucXVldWVkQXQiOiAiMjAyNi0wMS0wMVQwMDowMDowMFoifQ=="),
    ];

    [Fact]
    public async Task ScheduleB_QueueIsClearedButNeverEmpty_PicturesAreSentAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite, EagerIntake);
        string[] names = ["b0.jpg", "b1.jpg", "b2.jpg"];
        foreach (var (name, seed) in names.Select((n, i) => (n, i)))
        {
            await pipeline.UploadAsync(name, TestPipeline.Picture(seed));
        }

        await pipeline.SweepAsync();
        await pipeline.Storage.Captions.ClearMessagesAsync(Cancellation);
        await pipeline.Storage.Captions.SendMessageAsync("stays", TimeSpan.FromHours(1), Never, Cancellation);
        pipeline.StartLoop();
        await Eventually.TrueAsync(
            async () =>
            {
                await pipeline.SweepAsync();
                return (await Task.WhenAll(names.Select(pipeline.RecordAsync))).All(r => r is { Status: RecordStatus.Described });
            },
            "all described");
        Assert.Equal(3, pipeline.Model.Calls.Count);
    }

    [Fact]
    public async Task ScheduleC_OneMessageIsLostWhileOthersKeepComing_ItsPictureIsSentAgain()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite, EagerIntake);
        await pipeline.UploadAsync("lost.jpg", TestPipeline.Picture(1));
        await pipeline.SweepAsync();
        await pipeline.Storage.Captions.ClearMessagesAsync(Cancellation);
        pipeline.StartLoop();
        var others = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                await pipeline.UploadAsync($"other{others++}.jpg", TestPipeline.Picture(others + 1));
                await pipeline.SweepAsync();
                return await pipeline.RecordAsync("lost.jpg") is { Status: RecordStatus.Described };
            },
            "the lost one described");
        Assert.Single(pipeline.Model.Calls, "lost.jpg");
    }

    [Fact]
    public async Task ScheduleC_ATicketIsTakenAfterItWasListed_IsLeftToItsWorker()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite, EagerIntake);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        await pipeline.UploadAsync("c.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.Storage.Captions.ClearMessagesAsync(Cancellation);
        transport.Before = async message =>
        {
            if (CutTransport.IsTicketRead(message))
            {
                transport.Before = null;
                await pipeline.ChangeTicketAsync("c.jpg", t => t with { Holder = "another", Message = "another", HoldSeconds = 600 });
            }
        };
        var intake = new ImageIntake(storage, pipeline.Preparer, EagerIntake, settings: null);
        Assert.Equal(0, await LostMessages.SendAgainAsync(intake, Cancellation));
        Assert.Null(transport.Before);
        Assert.Equal(("another", 0), ((await pipeline.TicketAsync("c.jpg"))!.Holder, await pipeline.QueueLengthAsync()));
    }

    [Fact]
    public async Task AMessageThatFillsItsSpace_IsHandedBackLikeOthers()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("a.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        await pipeline.Storage.Captions.ClearMessagesAsync(Cancellation);
        await pipeline.ChangeTicketAsync("a.jpg", t => t with { HoldSeconds = 60 });
        var text = $$"""{"container":"{{pipeline.Storage.Images.Name}}","name":"a.jpg","traceparent":"{{new string('x', 50_000)}}"}""";
        await pipeline.Storage.Captions.SendMessageAsync(text, Cancellation);
        pipeline.StartLoop();
        await Eventually.TrueAsync(
            async () => (await pipeline.Storage.Captions.GetPropertiesAsync(Cancellation)).Value.ApproximateMessagesCount == 1
                && (await pipeline.Storage.Captions.PeekMessagesAsync(32, Cancellation)).Value.Length == 0,
            "it is taken");
        pipeline.RequestStop();
        await pipeline.LoopsEndAsync();
        Assert.DoesNotContain(pipeline.Events.All, e => e.Kind == PipelineEventKind.StorageTrouble);
    }

    [Fact]
    public async Task ScheduleR_AnswerToSendingIsCut_TwoMessagesCostOneCall()
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var (storage, transport) = await CutTransport.ConnectAsync(azurite, pipeline, Cancellation);
        using var _ = transport;
        transport.CutsAnswer = message => CutTransport.IsSend(message) && transport.Spoilt == 0;
        await pipeline.UploadAsync("r.jpg", TestPipeline.Picture());
        var intake = new ImageIntake(storage, pipeline.Preparer, pipeline.IntakeOptions, settings: null);
        await new Sweep(intake).RunAsync(new() { Profile = pipeline.Basis }, Cancellation);
        Assert.Equal(2, await pipeline.QueueLengthAsync());

        pipeline.StartLoop();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("r.jpg"))!.Status);
        Assert.Single(pipeline.Model.Calls);
        Assert.Equal(0, await pipeline.TicketsAsync());
    }

    [Theory]
    [MemberData(nameof(Unworkable))]
    public async Task ScheduleF_MessageCannotBeWorkedOn_EndsAndStopsNothing(string text)
    {
        await using var pipeline = await TestPipeline.CreateAsync(azurite);
        var message = text.Replace("CONTAINER", pipeline.Storage.Images.Name, StringComparison.Ordinal);
        await pipeline.Storage.Captions.SendMessageAsync(message, timeToLive: Never, cancellationToken: Cancellation);
        await pipeline.UploadAsync("good.jpg", TestPipeline.Picture());
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();

        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("good.jpg"))!.Status);
        Assert.Equal(0, await pipeline.QueueLengthAsync());
        Assert.All(await pipeline.PoisonAsync(), p => Assert.InRange(Encoding.UTF8.GetByteCount(p.Reason), 1, 8000));
    }

    // A message as it was found in a queue, for this container. The worker of another container's message looks no further.
    private static string Reported(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64)).Replace("\"images\"", "\"CONTAINER\"", StringComparison.Ordinal);

    // A real clock decides when a message counts as lost; five minutes of it would be too long for a test.
    private static IntakeOptions EagerIntake => new() { Model = new ScriptedModel().Info, LostAfter = TimeSpan.Zero };
}
