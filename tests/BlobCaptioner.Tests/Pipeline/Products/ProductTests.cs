using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Products;

/// <summary>Views of one product: a text for each, and one record for the product, made from all of them in one prompt.</summary>
public sealed class ProductTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ProfileGrouping.Sku, "mugs/S1.jpg mugs/S1-2.jpg mugs/S1_3.jpg", "", "mugs/S1.product.json")]
    [InlineData(ProfileGrouping.Folder, "mugs/S1/back.jpg mugs/S1/front.jpg", "", "mugs/S1/S1.product.json")]
    [InlineData(ProfileGrouping.Sku, "mugs/dark.jpg mugs/light.jpg", "file,sku,brand\ndark.jpg,S1,Acme\nlight.jpg,S1,Acme\n", "mugs/S1.product.json")]
    [InlineData(ProfileGrouping.Sku, "mugs/s1-1.jpg mugs/s1-2.jpg", "sku,brand\nS1,Acme\n", "mugs/S1.product.json")]
    [InlineData(ProfileGrouping.Folder, "mugs/s1/a.jpg mugs/s1/b.jpg", "sku,brand\nS1,Acme\n", "mugs/s1/S1.product.json")]
    public async Task RunAsync_ViewsOfOneSku_MakeOneProductRecordWithOneCall(ProfileGrouping grouping, string views, string catalog, string record)
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite, grouping);
        var names = views.Split(' ');
        if (catalog.Length > 0)
        {
            await pipeline.CatalogAsync("mugs/_catalog.csv", catalog);
        }

        await pipeline.UploadAsync(names);
        await pipeline.DescribeAsync();
        Assert.Equal([string.Join(' ', names)], pipeline.ProductCalls());
        Assert.Equal(names.Length + 1, pipeline.Model.Calls.Count);
        var product = (await pipeline.ProductAsync(record))!;
        Assert.Equal((RecordStatus.Described, "S1"), (product.Status, product.Product!.Sku));
        Assert.Equal(names, product.Product.Views);
        Assert.Equal((names[0], "title"), (product.Image.Name, string.Join(' ', product.Copy["en"].Keys)));
        Assert.Equal(["category"], product.Attributes.Keys);
        Assert.Equal(catalog.Length > 0 ? "Acme" : null, product.Facts?["brand"]);
        foreach (var name in names)
        {
            var view = (await pipeline.RecordAsync(name))!;
            Assert.Equal(("alt_text", "S1"), (string.Join(' ', view.Copy["en"].Keys), view.Product!.Sku));
            Assert.Empty(view.Attributes);
        }

        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_FiveViews_ShowsFourPicturesAndNamesFive()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-10.jpg", "S-2.jpg", "S-1.jpg", "S-3.jpg", "S-4.jpg", "T-1.jpg");
        await pipeline.DescribeAsync();
        Assert.Equal(["S-1.jpg S-2.jpg S-3.jpg S-4.jpg", "T-1.jpg"], pipeline.ProductCalls().Order(StringComparer.Ordinal));
        Assert.Equal(["S-1.jpg", "S-2.jpg", "S-3.jpg", "S-4.jpg", "S-10.jpg"], (await pipeline.ProductAsync("S.product.json"))!.Product!.Views);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_LastTwoViewsEndTogether_MakeOneJob()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", "S-2.jpg", "S-3.jpg", "S-4.jpg");
        var (inModel, go) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        pipeline.Model.Script = async (_, _) =>
        {
            if (Interlocked.Increment(ref inModel) == 4)
            {
                go.SetResult();
            }

            await go.Task;
        };
        await pipeline.SweepAsync();
        pipeline.StartLoop();
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Single(pipeline.ProductCalls());
        Assert.Single(pipeline.Events.All, e => e is { Kind: PipelineEventKind.Enqueued, IsProduct: true });
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_CrashBetweenViewRecordAndItsMessage_TheProductStillComes()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg");
        await pipeline.SweepAsync();
        var message = (await pipeline.Storage.Captions.PeekMessageAsync(Cancellation)).Value.Body.ToString();
        var ticket = (await pipeline.TicketAsync("S-1.jpg"))!;
        await pipeline.DescribeAsync();

        // As if its worker had ended right after the view's record: no product, the ticket is still there, and the message is back.
        await new Tickets(pipeline.Storage).TryWriteAsync(ticket, seen: null, Cancellation);
        await pipeline.Storage.Images.DeleteBlobAsync("S.product.json", cancellationToken: Cancellation);
        await pipeline.Storage.Captions.SendMessageAsync(message, Cancellation);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.ProductAsync("S.product.json"))!.Status);
        Assert.Equal(["S-1.jpg", "S-1.jpg"], pipeline.ProductCalls());
        Assert.Equal(3, pipeline.Model.Calls.Count);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_OneViewIsRejected_TheOthersMakeTheProduct()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", "S-3.jpg");
        await pipeline.UploadAsync("S-2.jpg", "no picture"u8.ToArray());
        await pipeline.UploadAsync("T-1.jpg", "no picture either"u8.ToArray());
        await pipeline.DescribeAsync();
        Assert.Equal(["S-1.jpg S-3.jpg"], pipeline.ProductCalls());
        Assert.Equal(["S-1.jpg", "S-3.jpg"], (await pipeline.ProductAsync("S.product.json"))!.Product!.Views);
        Assert.Null(await pipeline.ProductAsync("T.product.json"));
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task IngestAsync_TheLastViewIsRejectedAtIntake_EnqueuesTheProduct()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg");
        await pipeline.UploadAsync("S-2.jpg", "no picture"u8.ToArray());
        Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("S-1.jpg"));
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Empty(pipeline.ProductCalls());
        Assert.Equal(IntakeResult.Rejected, await pipeline.IngestAsync("S-2.jpg"));
        Assert.Equal(1, await pipeline.QueueLengthAsync());
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(["S-1.jpg"], pipeline.ProductCalls());
    }

    [Fact]
    public async Task RunAsync_AViewIsAdded_OnlyItsProductIsMadeAgain()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", "T-1.jpg");
        await pipeline.DescribeAsync();
        await pipeline.UploadAsync("S-2.jpg");
        await pipeline.DescribeAsync();
        Assert.Equal(["S-1.jpg S-2.jpg"], pipeline.ProductCalls().Skip(2));
        Assert.Equal(["S-1.jpg", "S-2.jpg"], (await pipeline.ProductAsync("S.product.json"))!.Product!.Views);
        Assert.Equal(6, pipeline.Model.Calls.Count);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_AViewChangesWhileTheProductWaits_TheJobIsDroppedForItsSuccessor()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg");
        await pipeline.DescribeAsync();
        await pipeline.Storage.Images.DeleteBlobAsync("S.product.json", cancellationToken: Cancellation);
        Assert.Equal(1, (await pipeline.SweepAsync()).Products);
        await pipeline.UploadAsync("S-2.jpg");
        Assert.Equal(IntakeResult.Enqueued, await pipeline.IngestAsync("S-2.jpg"));
        pipeline.StartLoop(TestPipeline.Fast with { Slots = 1, Prefetch = 0 });
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(["S-1.jpg", "S-1.jpg S-2.jpg"], pipeline.ProductCalls());
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_AViewsBytesComeAgain_TheProductIsRefreshedWithoutTheModel()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", "S-2.jpg");
        await pipeline.DescribeAsync();
        var before = (await pipeline.ProductAsync("S.product.json"))!;
        await pipeline.UploadAsync("S-2.jpg");
        await pipeline.DescribeAsync();
        var after = (await pipeline.ProductAsync("S.product.json"))!;
        Assert.Equal(3, pipeline.Model.Calls.Count);
        Assert.Equal((before.Fingerprint, before.Generation), (after.Fingerprint, after.Generation));
        Assert.NotEqual(before.Product!.ViewsHash, after.Product!.ViewsHash);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_TheSameBytesUnderTwoSkus_ReuseTheViewAndDescribeBothProducts()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", TestPipeline.Picture());
        await pipeline.DescribeAsync();
        await pipeline.UploadAsync("T-1.jpg", TestPipeline.Picture());
        await pipeline.DescribeAsync();
        Assert.Equal("S-1.jpg", (await pipeline.RecordAsync("T-1.jpg"))!.Generation.ReusedFrom);
        Assert.Equal("T", (await pipeline.ProductAsync("T.product.json"))!.Product!.Sku);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_NothingIsWrittenAboutTheViews_TheProductHasThemAll()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        pipeline.Basis = pipeline.Basis with { Fields = [.. pipeline.Basis.Fields.Where(f => !f.PerView)] };
        await pipeline.UploadAsync("S-1.jpg", "S-2.jpg");
        await pipeline.DescribeAsync();
        Assert.Equal(["S-1.jpg S-2.jpg"], pipeline.ProductCalls());
        Assert.Single(pipeline.Model.Calls);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_PreparedPicturesExpired_PreparesThemAgain()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", "S-2.jpg");
        await pipeline.DescribeAsync();
        await pipeline.Storage.Images.DeleteBlobAsync("S.product.json", cancellationToken: Cancellation);
        await foreach (var blob in pipeline.Storage.Prepared.GetBlobsAsync(cancellationToken: Cancellation).Where(b => !b.Name.StartsWith('_')))
        {
            await pipeline.Storage.Prepared.DeleteBlobAsync(blob.Name, cancellationToken: Cancellation);
        }

        await pipeline.DescribeAsync();
        Assert.Equal(["S-1.jpg S-2.jpg", "S-1.jpg S-2.jpg"], pipeline.ProductCalls());
    }

    [Fact]
    public async Task RunAsync_TheModelFailsAtTheProduct_ItsRecordSaysSoAndTheSweepRetriesItWhenTold()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg", "S-2.jpg");
        pipeline.Model.Script = (image, _) => pipeline.ProductCalls().Count > 0 && image.Name == "S-1.jpg"
            ? throw new CaptionException("model-error", "The model is ill.", "Wait.", retry: true)
            : Task.CompletedTask;
        await pipeline.SweepAsync();
        pipeline.StartLoop(TestPipeline.Fast with { MaxTries = 2 });
        await pipeline.RunUntilEmptyAsync();
        var failed = (await pipeline.ProductAsync("S.product.json"))!;
        Assert.Equal((RecordStatus.Failed, 2), (failed.Status, failed.Generation.Tries));
        var poison = Assert.Single(await pipeline.PoisonAsync());
        Assert.Equal("S.product.json", poison.Job!.Name);
        await pipeline.AssertSettledAsync();
        Assert.Equal(1, (await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation)).ProductsFailed);

        pipeline.Model.Script = null;
        Assert.Equal(1, (await pipeline.SweepAsync(retryFailed: true)).Products);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(RecordStatus.Described, (await pipeline.ProductAsync("S.product.json"))!.Status);
        Assert.Equal((1, 0), await ProductsAsync(pipeline));
    }

    [Fact]
    public async Task MarkJobAsync_AProductsJob_FailsTheProductAndNoView()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg");
        await pipeline.DescribeAsync();
        await pipeline.Storage.Images.DeleteBlobAsync("S.product.json", cancellationToken: Cancellation);
        await pipeline.SweepAsync();
        var message = (await pipeline.Storage.Captions.ReceiveMessageAsync(cancellationToken: Cancellation)).Value;
        Assert.True(CaptionMessage.TryParse(message.Body.ToString(), out var job, out _));
        var outcome = await new PoisonMarker(pipeline.Intake).MarkJobAsync(CaptionMessage.Format(job! with { Returned = 100 }), Cancellation);
        await pipeline.Storage.Captions.DeleteMessageAsync(message.MessageId, message.PopReceipt, Cancellation);
        Assert.Equal(PoisonResult.Marked, outcome.Result);
        Assert.Equal((RecordStatus.Failed, "gave-up"), ((await pipeline.ProductAsync("S.product.json"))!.Status, (await pipeline.ProductAsync("S.product.json"))!.Error!.Code));
        Assert.Equal(RecordStatus.Described, (await pipeline.RecordAsync("S-1.jpg"))!.Status);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RetryAsync_TheLastViewWasGivenUpAtIntake_EnqueuesTheProductOfTheOthers()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S-1.jpg");
        await pipeline.SweepAsync();
        await pipeline.UploadAsync("S-2.jpg");
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Empty(pipeline.ProductCalls());
        var message = new IntakeMessage { Container = pipeline.Storage.Images.Name, Name = "S-2.jpg", Attempt = 1 }.Format();
        Assert.NotNull((await new IntakeRetry(pipeline.Intake, new() { MaxAttempts = 1 }).RetryAsync(message, 2, pipeline.Basis, Cancellation)).Problem);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(["S-1.jpg"], pipeline.ProductCalls());
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_AFileOfSomebodyElsesInTheRecordsPlace_IsLeftAloneAndTold()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync("S.product.json", "{\"mine\":true}"u8.ToArray());
        await pipeline.UploadAsync("S-1.jpg");
        await pipeline.DescribeAsync();
        Assert.Contains(pipeline.Events.All, e => e is { Kind: PipelineEventKind.Blocked, Name: "S.product.json" });
        var content = (await pipeline.Storage.Images.GetBlobClient("S.product.json").DownloadContentAsync(Cancellation)).Value.Content;
        Assert.Equal("{\"mine\":true}", content.ToString());
        Assert.Equal(1, (await pipeline.SweepAsync()).Blocked);
    }

    [Fact]
    public async Task RunAsync_WorkersAreStoppedAgainAndAgain_EveryProductGetsOneRecordOfAllItsViews()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        string[] skus = ["A", "B", "C", "D", "E", "F"];
        await pipeline.UploadAsync([.. skus.SelectMany(s => Enumerable.Range(1, 3).Select(v => $"{s}-{v}.jpg"))]);
        await pipeline.SweepAsync();

        // A receive that is cut off leaves messages hidden until their lease ends.
        var options = TestPipeline.Fast with { Lease = TimeSpan.FromSeconds(2) };
        for (var begun = 3; begun <= 15; begun += 3)
        {
            pipeline.StartLoop(options);
            pipeline.StartLoop(options);
            await pipeline.Events.WaitAsync(PipelineEventKind.Started, begun);
            pipeline.RequestAbort();
            await pipeline.LoopsEndAsync();
        }

        pipeline.StartLoop(options);
        await pipeline.RunUntilEmptyAsync();
        foreach (var sku in skus)
        {
            Assert.Equal([$"{sku}-1.jpg", $"{sku}-2.jpg", $"{sku}-3.jpg"], (await pipeline.ProductAsync($"{sku}.product.json"))!.Product!.Views);
        }

        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public void Format_TheLongestNames_StayBelowTheQueuesLimit()
    {
        var name = string.Concat(Enumerable.Repeat("\u978B\"", 512));
        var hint = new JobHint { Container = new('c', 63), Name = name, EnqueuedAt = DateTimeOffset.UnixEpoch, TraceParent = new('0', 55), TraceState = new('s', 512) };
        var text = CaptionMessage.Format(hint);
        Assert.InRange(text.Length, 1, 48 * 1024);
        Assert.True(CaptionMessage.TryParse(text, out var back, out _));
        Assert.Equal(hint, back);
    }

    [Fact]
    public void Format_APoisonMessageOfTheLongestTexts_StaysBelowTheQueuesLimit()
    {
        var longest = new string('\u0007', 70_000);
        var name = string.Concat(Enumerable.Repeat("\u978B\u0007", 512));
        var hint = new JobHint { Container = new('c', 63), Name = name, EnqueuedAt = DateTimeOffset.UnixEpoch };
        Assert.InRange(CaptionMessage.Format(new PoisonMessage { Code = "unreadable", Reason = longest, Job = hint, At = DateTimeOffset.UnixEpoch }).Length, 1, 64 * 1024);
        Assert.InRange(CaptionMessage.Format(new PoisonMessage { Code = "unreadable", Reason = longest, Text = longest, At = DateTimeOffset.UnixEpoch }).Length, 1, 64 * 1024);
    }

    private static async Task<(long Described, long Failed)> ProductsAsync(TestPipeline pipeline)
    {
        var status = await StoreStatus.ReadAsync(pipeline.Storage, prefix: null, TimeProvider.System, Cancellation);
        return (status.Products, status.ProductsFailed);
    }
}
