using System.Text;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Profiles;

/// <summary>Folder settings on a real Azurite.</summary>
public sealed class FolderSettingsTests(AzuriteFixture azurite) : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RequestLog _requests = new();
    private CaptionStorage? _storage;
    private FolderSettings? _settings;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Profile Basis => BuiltInProfiles.Default;

    [Fact]
    public async Task For_NoSettings_IsTheBasisItself()
    {
        await StartAsync();
        var ready = await ReadyAsync("a/b/x.jpg");
        Assert.Same(Basis, ready.What.Profile);
        Assert.Equal(Basis.Version, ready.What.Version);
        Assert.Null(ready.Sku);
    }

    [Fact]
    public async Task For_SettingsAboveAndBeside_NearestWinsAndOthersTakeNoPart()
    {
        await StartAsync(
            ("_captioner.json", """{"tone": "top", "audience": "all"}"""),
            ("shoes/_captioner.json", """{"profile": "google-merchant", "tone": "shoes"}"""),
            ("shoes/kids/_captioner.json", """{"name": "tiny", "fields": [{"name": "title", "kind": "text"}]}"""));
        var (top, shoes, below, kids) = (await ReadyAsync("x.jpg"), await ReadyAsync("shoes/x.jpg"), await ReadyAsync("shoes/men/x.jpg"), await ReadyAsync("shoes/kids/x.jpg"));
        Assert.Equal(("default", "top", "all"), (top.What.Profile.Name, top.What.Profile.Tone, top.What.Profile.Audience));
        Assert.Equal(("google-merchant", "shoes", ""), (shoes.What.Profile.Name, shoes.What.Profile.Tone, shoes.What.Profile.Audience));
        Assert.Same(shoes.What.Profile, below.What.Profile);
        Assert.Equal("tiny", kids.What.Profile.Name);
        Assert.Equal(["title"], kids.What.Profile.Fields.Select(f => f.Name));
        Assert.Distinct((string[])[Basis.Version, top.What.Version, shoes.What.Version, kids.What.Version]);
    }

    [Fact]
    public async Task For_ProfileOfTheContainer_IsTakenBeforeABuiltIn()
    {
        await StartAsync(
            ("_profiles/spring.json", """{"extends": "shopify", "tone": "spring"}"""),
            ("_captioner.json", """{"profile": "spring", "languages": ["de", "fr"]}"""));
        var ready = await ReadyAsync("a.jpg");
        Assert.Equal(("spring", "spring", "de"), (ready.What.Profile.Name, ready.What.Profile.Tone, ready.What.Profile.Language));
        Assert.Contains("French (fr)", ready.What.Profile.Instruction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_captioner.json", "{\"tone\": 1}", "$.tone: '1' is no text")]
    [InlineData("_captioner.json", "{", "bad/_captioner.json: is no JSON")]
    [InlineData("_captioner.json", "{\"profile\": \"sprong\"}", "bad/_captioner.json: $.profile: 'sprong' is not one of default, alt-text")]
    [InlineData("_captioner.json", "{\"fields\": [{\"name\": \"nope\", \"remove\": true}]}", "no field 'nope' to remove")]
    [InlineData("_catalog.csv", "colour,price\nred,1", "no column is named sku")]
    [InlineData("_catalog.csv", "sku,price\nA,1\nA,2", "line 3: 'A' is in line 2 too")]
    public async Task For_BrokenFile_RejectsItsFolderOnlyAndChangesWithTheFile(string file, string content, string error)
    {
        await StartAsync(($"bad/{file}", content));
        var broken = Assert.IsType<FolderProfile.Broken>(await ForAsync("bad/deep/x.jpg"));
        Assert.Contains(error, broken.Message, StringComparison.Ordinal);
        Assert.Contains("profile check", broken.Remedy, StringComparison.Ordinal);
        Assert.Equal(16, broken.Version.Length);
        Assert.Same(Basis, (await ReadyAsync("good/x.jpg")).What.Profile);
        Assert.Same(Basis, (await ReadyAsync("x.jpg")).What.Profile);
        Assert.Equal(broken.Version, Assert.IsType<FolderProfile.Broken>(await ForAsync("bad/y.jpg")).Version);

        await PutAsync($"bad/{file}", content + " ");
        Later();
        Assert.NotEqual(broken.Version, Assert.IsType<FolderProfile.Broken>(await ForAsync("bad/x.jpg")).Version);
        await _storage!.Images.DeleteBlobAsync($"bad/{file}", cancellationToken: Cancel);
        Later();
        Assert.Same(Basis, (await ReadyAsync("bad/x.jpg")).What.Profile);
    }

    [Fact]
    public async Task For_SettingsTooLong_AreBrokenWithoutBeingRead()
    {
        await StartAsync(("_captioner.json", "{\"comment\": \"" + new string('x', ProfileReader.MaxBytes) + "\"}"));
        Assert.Contains("the most is 1,048,576", Assert.IsType<FolderProfile.Broken>(await ForAsync("x.jpg")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task For_ARowChanges_OnlyItsProductIsOutOfDate()
    {
        await StartAsync(("_catalog.csv", "sku,brand,price\nA1,Acme,9.90\nB2,Bolt,5.00\n"));
        var (a, b, none) = (await ReadyAsync("x/A1-1.jpg"), await ReadyAsync("x/B2.jpg"), await ReadyAsync("x/C3.jpg"));
        Assert.Equal(("A1", "Acme", "9.90"), (a.Sku, a.What.Facts.Find("Brand"), a.What.Facts.Find("price")));
        Assert.Same(ProductFacts.None, none.What.Facts);

        await PutAsync("_catalog.csv", "sku,brand,price\nA1,Acme,8.90\nB2,Bolt,5.00\n");
        Assert.Equal(a.What.Version, (await ReadyAsync("x/A1-1.jpg")).What.Version);
        Later();
        var (a2, b2, none2) = (await ReadyAsync("x/A1-1.jpg"), await ReadyAsync("x/B2.jpg"), await ReadyAsync("x/C3.jpg"));
        Assert.NotEqual(a.What.Version, a2.What.Version);
        Assert.Equal("8.90", a2.What.Facts.Find("price"));
        Assert.Equal((b.What.Version, none.What.Version), (b2.What.Version, none2.What.Version));
    }

    [Fact]
    public async Task For_ManyPicturesAtOnce_AskOncePerFolderAndByETagLater()
    {
        await StartAsync(("shoes/_captioner.json", """{"tone": "a"}"""), ("_catalog.csv", "file,brand\nx1.jpg,Acme\n"));
        _requests.Take();
        var all = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ReadyAsync($"shoes/x{i}.jpg")));
        Assert.All(all, r => Assert.Same(all[0].What.Profile, r.What.Profile));
        Assert.Equal(["GET 200 _catalog.csv", "GET 200 shoes/_captioner.json", "GET 404 shoes/_catalog.csv"], _requests.Take().Order(StringComparer.Ordinal));

        await ReadyAsync("shoes/x1.jpg");
        Assert.Empty(_requests.Take());
        Later();
        Assert.Same(all[0].What.Profile, (await ReadyAsync("shoes/x1.jpg")).What.Profile);
        Assert.Equal(["GET 304 _catalog.csv", "GET 304 shoes/_captioner.json", "GET 404 shoes/_catalog.csv"], _requests.Take().Order(StringComparer.Ordinal));

        await PutAsync("shoes/_captioner.json", """{"tone": "b"}""");
        Later();
        _requests.Take();
        Assert.Equal("b", (await ReadyAsync("shoes/x1.jpg")).What.Profile.Tone);
        Assert.Contains("GET 200 shoes/_captioner.json", _requests.Take());
    }

    [Fact]
    public async Task For_CallerGivesUp_OthersGetTheirAnswer()
    {
        await StartAsync(("_captioner.json", """{"tone": "a"}"""));
        using var giveUp = new CancellationTokenSource();
        var (given, kept) = (_settings!.ForAsync("x.jpg", Basis, giveUp.Token).AsTask(), ReadyAsync("y.jpg"));
        await giveUp.CancelAsync();
        await given.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.Equal("a", (await kept).What.Profile.Tone);
    }

    [Theory]
    [InlineData("sku", "A-1.jpg", "A")]
    [InlineData("sku", "x/A_12.jpg", "A")]
    [InlineData("sku", "x/A (3).jpg", "A")]
    [InlineData("sku", "x/A.jpg", "A")]
    [InlineData("sku", "x/A-100.jpg", "A-100")]
    [InlineData("sku", "x/A-0.jpg", "A-0")]
    [InlineData("folder", "x/A/front.jpg", "A")]
    [InlineData("folder", "front-2.jpg", "front")]
    public async Task For_GroupingWithoutCatalogue_TakesTheSkuFromTheName(string grouping, string name, string sku)
    {
        await StartAsync(("_captioner.json", $$"""{"grouping": "{{grouping}}"}"""));
        Assert.Equal(sku, (await ReadyAsync(name)).Sku);
    }

    [Fact]
    public async Task For_GroupingAndSkuWithASlash_RejectsThatPictureAlone()
    {
        await StartAsync(("_captioner.json", """{"grouping": "sku"}"""), ("_catalog.csv", "file,sku\na.jpg,X/1\nb.jpg,Y\n"));
        Assert.Contains("'X/1'", Assert.IsType<FolderProfile.Broken>(await ForAsync("a.jpg")).Message, StringComparison.Ordinal);
        Assert.Equal("Y", (await ReadyAsync("b.jpg")).Sku);
    }

    [Theory]
    [InlineData("x/front.jpg", "A", "x/back x/A-9.jpg")]
    [InlineData("front.jpg", "A", "back A-9.jpg")]
    [InlineData("y/front.jpg", "A", "y/back y/side.jpg y/A-9.jpg")]
    [InlineData("x/other.jpg", "B", "")]
    [InlineData("x/A-1.jpg", "A", "x/front.jpg x/back x/A-9.jpg")]
    public async Task For_CatalogueNamesFilesOfASku_TellsTheOthersOfTheFolder(string name, string sku, string siblings)
    {
        await StartAsync(("_captioner.json", """{"grouping": "sku"}"""), ("_catalog.csv", "file,sku\nfront.jpg,A\nback,A\ny/side.jpg,A\nother.jpg,B\nA-9.jpg,A\n"));
        var ready = await ReadyAsync(name);
        Assert.Equal((sku, siblings), (ready.Sku, string.Join(' ', ready.Siblings)));
    }

    [Fact]
    public async Task For_NoGrouping_TellsNoSiblings()
    {
        await StartAsync(("_catalog.csv", "file,sku\nfront.jpg,A\nback.jpg,A\n"));
        Assert.Empty((await ReadyAsync("front.jpg")).Siblings);
    }

    public void Dispose() => _requests.Dispose();

    private async Task StartAsync(params (string Name, string Content)[] files)
    {
        _storage = CaptionStorage.Connect(await azurite.GetConnectionStringAsync(Cancel), TestPipeline.Names(), _requests);
        await _storage.Images.CreateAsync(cancellationToken: Cancel);
        _settings = new(_storage, time: _time);
        foreach (var (name, content) in files)
        {
            await PutAsync(name, content);
        }
    }

    private void Later() => _time.Advance(TimeSpan.FromSeconds(11));

    private async Task PutAsync(string name, string content) =>
        await _storage!.Images.GetBlobClient(name).UploadAsync(new BinaryData(Encoding.UTF8.GetBytes(content)), overwrite: true, Cancel);

    private Task<FolderProfile> ForAsync(string name) => _settings!.ForAsync(name, Basis, Cancel).AsTask();

    private async Task<FolderProfile.Ready> ReadyAsync(string name) => Assert.IsType<FolderProfile.Ready>(await ForAsync(name));
}
