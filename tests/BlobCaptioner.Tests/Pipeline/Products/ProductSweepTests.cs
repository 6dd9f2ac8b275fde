using System.Text.Json;
using Azure.Storage.Blobs.Models;
using BlobCaptioner.Exports;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Text;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Products;

/// <summary>Products seen by sweeps, forecasts, redo and exports.</summary>
public sealed class ProductSweepTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunAsync_AProductIsMissing_EnqueuesItOnceAndASecondSweepFindsNothing()
    {
        await using var pipeline = await DescribedAsync("a/S-1.jpg", "a/S-2.jpg", "a/T.jpg", "b/S-1.jpg", "top-1.jpg");
        await pipeline.Storage.Images.DeleteBlobAsync("a/S.product.json", cancellationToken: Cancellation);
        var forecast = await new SweepPreview(pipeline.Intake).RunAsync(new() { Profile = pipeline.Basis }, Cancellation);
        Assert.Equal(new SweepForecast { Listed = 5, UpToDate = 5, Products = 1 }, forecast);
        Assert.Equal(new SweepSummary { Listed = 5, UpToDate = 5, Products = 1 }, await pipeline.SweepAsync());
        Assert.Equal(new SweepSummary { Listed = 5, UpToDate = 5, ProductsInFlight = 1 }, await pipeline.SweepAsync());
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal("a/S-1.jpg a/S-2.jpg", pipeline.ProductCalls()[^1]);
        Assert.Equal(new SweepSummary { Listed = 5, UpToDate = 5 }, await pipeline.SweepAsync());
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_AViewWasDeleted_TheProductIsMadeFromTheRest()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg");
        await pipeline.Storage.Images.DeleteBlobAsync("S-1.jpg", cancellationToken: Cancellation);
        await pipeline.DescribeAsync();
        Assert.Equal(["S-2.jpg"], (await pipeline.ProductAsync("S.product.json"))!.Product!.Views);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_TheCatalogueChanges_OnlyTheProductsItSpeaksOfAreMadeAgain()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.CatalogAsync("_catalog.csv", "sku,brand\nS,Acme\nT,Acme\n");
        await pipeline.UploadAsync("S-1.jpg", "S-2.jpg", "T-1.jpg");
        await pipeline.DescribeAsync();
        await pipeline.CatalogAsync("_catalog.csv", "sku,brand\nS,Other\nT,Acme\n");
        await pipeline.DescribeAsync();
        Assert.Equal(["S-1.jpg S-2.jpg"], pipeline.ProductCalls().Skip(2));
        Assert.Equal("Other", (await pipeline.ProductAsync("S.product.json"))!.Facts!["brand"]);
        Assert.Equal("Other", pipeline.Model.Requests.Last().Facts.Find("brand"));
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_RowsOfOneSkuSayDifferentThings_TheMainViewsCountAndOthersFillGaps()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.CatalogAsync("_catalog.csv", "file,sku,brand,material\na.jpg,S,Acme,\nb.jpg,S,Other,clay\n");
        await pipeline.UploadAsync("a.jpg", "b.jpg");
        await pipeline.DescribeAsync();
        var facts = (await pipeline.ProductAsync("S.product.json"))!.Facts!;
        Assert.Equal(("Acme", "clay"), (facts["brand"], facts["material"]));
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_ACatalogueMixesWaysAndLetterCase_ConvergesOnAllViews()
    {
        await using var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.CatalogAsync("_catalog.csv", "file,sku\nextra,Mug-A\nsub/other.jpg,Mug-A\n");
        await pipeline.UploadAsync("MUG-A-1.jpg", "Mug-A-2.jpg", "extra.jpg", "mug-a-3.jpg", "sub/other.jpg");
        await pipeline.DescribeAsync();
        await pipeline.DescribeAsync();
        Assert.Equal(["MUG-A-1.jpg", "Mug-A-2.jpg", "extra.jpg", "mug-a-3.jpg"], (await pipeline.ProductAsync("Mug-A.product.json"))!.Product!.Views);
        Assert.Equal(["sub/other.jpg"], (await pipeline.ProductAsync("sub/Mug-A.product.json"))!.Product!.Views);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_OnlyTheProductsFieldsChange_TheViewsStay()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg");
        pipeline.Basis = pipeline.Basis with { Fields = [.. pipeline.Basis.Fields, new() { Name = "description", Kind = FieldKind.Text, MaxCharacters = 100 }] };
        Assert.Equal(new SweepSummary { Listed = 2, UpToDate = 2, Products = 1 }, await pipeline.SweepAsync());
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Contains("description", (await pipeline.ProductAsync("S.product.json"))!.Copy["en"].Keys);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_InPiecesOfFewBlobs_FindsWhatAWholeSweepFinds()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg", "S-3.jpg", "T-1.jpg");
        var pieces = new ContinuedSweep(pipeline.Intake) { PageSize = 3 };
        var request = new SweepRequest { Profile = pipeline.Basis, Parallelism = 1 };
        var settled = await pieces.RunAsync(request, TimeSpan.FromHours(1), Cancellation);
        Assert.Equal((SweepEnd.Complete, 0, 0), (settled.End, settled.Summary.Products, settled.Summary.ProductsInFlight));
        await pipeline.Storage.Images.DeleteBlobAsync("S.product.json", cancellationToken: Cancellation);
        Assert.Equal(1, (await pieces.RunAsync(request, TimeSpan.FromHours(1), Cancellation)).Summary.Products);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_UpToDateProducts_CostNoRequestBeyondTheListing()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg", "T-1.jpg");
        var requests = new BlobCaptioner.Tests.Profiles.RequestLog();
        var storage = BlobCaptioner.Storage.CaptionStorage.Connect(await azurite.GetConnectionStringAsync(Cancellation), pipeline.Storage.Options, requests);
        var intake = new ImageIntake(storage, pipeline.Preparer, pipeline.IntakeOptions, time: null, onEvent: null, new BlobCaptioner.Profiles.Files.FolderSettings(storage));
        Assert.Equal(new SweepSummary { Listed = 3, UpToDate = 3 }, await new Sweep(intake).RunAsync(new() { Profile = pipeline.Basis }, Cancellation));
        Assert.Equal(["GET 200 " + storage.Images.Name, "GET 200 " + storage.Prepared.Name, "GET 404 _captioner.json", "GET 404 _catalog.csv"], requests.Take().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Redo_ByNameFlagOrProfile_TakesProductsToo()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg", "T-1.jpg");
        Assert.Equal((1, 1, 1), await RedoAsync(pipeline, new() { Profiles = _ => pipeline.Basis, Names = ["S.product.json"] }));
        Assert.Equal(["S-1.jpg S-2.jpg"], pipeline.ProductCalls().Skip(2));

        await ChangeAsync(pipeline, "T.product.json", r => r with { Flags = ["title-cut"] });
        Assert.Equal((5, 1, 1), await RedoAsync(pipeline, new() { Profiles = _ => pipeline.Basis, Flag = "cut" }));
        Assert.Equal("T-1.jpg", pipeline.ProductCalls()[^1]);

        Assert.Equal((5, 5, 5), await RedoAsync(pipeline, new() { Profiles = _ => pipeline.Basis, Profile = "grouped" }));
        Assert.Equal((1, 1, 0), await RedoAsync(pipeline, new() { Profiles = _ => pipeline.Basis, Names = ["none.product.json"] }));
        await pipeline.AssertSettledAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Redo_AProductWithEdits_KeepsThemUnlessToldOtherwise(bool overEdits)
    {
        await using var pipeline = await DescribedAsync("S-1.jpg");
        var review = JsonDocument.Parse("""{"state":"approved","edits":{"copy":{"en":{"title":"Mine"}}}}""").RootElement;
        await ChangeAsync(pipeline, "S.product.json", r => r with { Review = review });
        await RedoAsync(pipeline, new() { Profiles = _ => pipeline.Basis, Names = ["S.product.json"], OverEdits = overEdits });
        var again = RecordReview.Read((await pipeline.ProductAsync("S.product.json"))!.Review);
        Assert.Equal(("approved", !overEdits, 2), (again.State, again.HasEdits, pipeline.ProductCalls().Count));

        // And whatever else makes it anew.
        await pipeline.UploadAsync("S-2.jpg");
        await pipeline.DescribeAsync();
        var after = RecordReview.Read((await pipeline.ProductAsync("S.product.json"))!.Review);
        Assert.Equal(("approved", !overEdits, 3), (after.State, after.HasEdits, pipeline.ProductCalls().Count));
    }

    [Fact]
    public async Task Export_ProductsAndViews_AreOneItemWithAllPicturesEach()
    {
        await using var pipeline = await DescribedAsync("m/S-1.jpg", "m/S-2.jpg", "m/T-1.jpg");
        var tally = new ExportTally();
        var listing = new RecordListing(pipeline.Storage.Images);
        var items = new ExportItems(new() { Format = ExportFormat.Shopify, BaseUrl = new("https://shop.example/") }, listing.FindAsync, tally);
        var found = await items.ReadAsync(listing.ReadAsync(prefix: null, status: null, Cancellation), Cancellation).ToListAsync(Cancellation);
        Assert.Equal(["S", "T"], found.Select(i => i.Sku));
        Assert.Equal([2, 1], found.Select(i => i.Images.Count));
        Assert.Equal("alt_text of m/S-2.jpg", found[0].Images[1].Alt);

        await pipeline.Storage.Images.DeleteBlobAsync("m/T-1.jpg", cancellationToken: Cancellation);
        await pipeline.Storage.Images.DeleteBlobAsync("m/T-1.jpg.json", cancellationToken: Cancellation);
        found = await items.ReadAsync(listing.ReadAsync(prefix: null, status: null, Cancellation), Cancellation).ToListAsync(Cancellation);
        Assert.Equal(("S", 1L), (Assert.Single(found).Sku, tally.Skipped["product-without-views"]));
    }

    [Fact]
    public async Task RunAsync_Forced_DescribesProductsAnewToo()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg");
        var forced = await pipeline.SweepAsync(force: true);
        Assert.Equal((2, 1), (forced.Enqueued, forced.Products));
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        Assert.Equal(2, pipeline.ProductCalls().Count);
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task EnsureAsync_ManyAtOnceFromManyProcesses_EnqueueOneJob()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg");
        await pipeline.Storage.Images.DeleteBlobAsync("S.product.json", cancellationToken: Cancellation);
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            new ProductDispatch(pipeline.Storage, new(pipeline.Storage, TimeProvider.System), pipeline.FolderFiles!.ResolveAsync, modelHash: null, TimeProvider.System, (_, _, _) => { })
                .EnsureAsync($"S-{(i % 2) + 1}.jpg", pipeline.Basis, Cancellation)));
        Assert.Equal((1, 7), (results.Count(r => r == IntakeResult.Enqueued), results.Count(r => r == IntakeResult.AlreadyQueued)));
        Assert.Equal(1, await pipeline.QueueLengthAsync());
    }

    [Fact]
    public async Task RunAsync_SettingsWereBrokenForAWhile_TheProductIsMadeOnceFromAllViews()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg", "S-3.jpg");
        await pipeline.CatalogAsync("_catalog.csv", "nothing\n");
        await pipeline.DescribeAsync();
        Assert.Equal(RecordStatus.Rejected, (await pipeline.RecordAsync("S-1.jpg"))!.Status);
        await pipeline.CatalogAsync("_catalog.csv", "sku,brand\nS,Acme\n");
        await pipeline.DescribeAsync();
        Assert.Equal(["S-1.jpg S-2.jpg S-3.jpg"], pipeline.ProductCalls().Skip(1));
        await pipeline.AssertSettledAsync();
    }

    [Fact]
    public async Task RunAsync_TheSameViewsUnderAPrefixOnly_AreNotTakenForAChangedProduct()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg", "S-2.jpg");
        Assert.Equal(new SweepSummary { Listed = 1, UpToDate = 1 }, await pipeline.SweepAsync(prefix: "S-2"));
        var forecast = await new SweepPreview(pipeline.Intake).RunAsync(new() { Profile = pipeline.Basis, Prefix = "S-2" }, Cancellation);
        Assert.Equal(new SweepForecast { Listed = 1, UpToDate = 1 }, forecast);
    }

    [Fact]
    public async Task Redo_AProductForAnotherProfile_WritesThatProfilesFields()
    {
        await using var pipeline = await DescribedAsync("S-1.jpg");
        pipeline.Basis = pipeline.Basis with
        {
            Name = "other",
            Fields = [.. pipeline.Basis.Fields.Where(f => f.Name != "category"), new() { Name = "keywords", Kind = FieldKind.TextList, MaxCharacters = 20 }],
        };
        await RedoAsync(pipeline, new() { Profiles = _ => pipeline.Basis, Names = ["S.product.json"] });
        Assert.Equal(["title", "keywords"], (await pipeline.ProductAsync("S.product.json"))!.Copy["en"].Keys);
    }

    [Theory]
    [InlineData("S S-1 S-2 S-10 T")]
    [InlineData("a/S-1 b/S S1 S01x S2 S10")]
    public void NaturalOrder_Names_CountAsPeopleDo(string expected)
    {
        var names = expected.Split(' ').Select(n => n + ".jpg").ToList();
        var sorted = names.AsEnumerable().Reverse().Order(NaturalOrder.Instance).ToList();
        Assert.Equal(expected.StartsWith('S') ? names : ["S1.jpg", "S01x.jpg", "S2.jpg", "S10.jpg", "a/S-1.jpg", "b/S.jpg"], sorted);
    }

    private static async Task<(long Listed, long Selected, long Enqueued)> RedoAsync(TestPipeline pipeline, RedoRequest request)
    {
        var found = await new Redo(pipeline.Intake).RunAsync(request, Cancellation);
        pipeline.StartLoop();
        await pipeline.RunUntilEmptyAsync();
        return (found.Listed, found.Selected, found.Enqueued);
    }

    private static async Task ChangeAsync(TestPipeline pipeline, string recordName, Func<CaptionRecord, CaptionRecord> change)
    {
        var record = change((await pipeline.ProductAsync(recordName))!);
        await pipeline.Storage.Images.GetBlobClient(recordName).UploadAsync(
            CaptionStore.Serialize(record), new BlobUploadOptions { Metadata = RecordReceipt.Of(record).ToMetadata() }, Cancellation);
    }

    private async Task<TestPipeline> DescribedAsync(params string[] names)
    {
        var pipeline = await ProductPipeline.CreateAsync(azurite);
        await pipeline.UploadAsync(names);
        await pipeline.DescribeAsync();
        return pipeline;
    }
}
