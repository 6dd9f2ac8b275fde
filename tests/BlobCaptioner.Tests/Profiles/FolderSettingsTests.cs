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
        Assert.Same(Basis, ready.Profile);
        Assert.Equal(Basis.Version, ready.Version);
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
        Assert.Equal(("default", "top", "all"), (top.Profile.Name, top.Profile.Tone, top.Profile.Audience));
        Assert.Equal(("google-merchant", "shoes", ""), (shoes.Profile.Name, shoes.Profile.Tone, shoes.Profile.Audience));
        Assert.Same(shoes.Profile, below.Profile);
        Assert.Equal("tiny", kids.Profile.Name);
        Assert.Equal(["title"], kids.Profile.Fields.Select(f => f.Name));
        Assert.Distinct((string[])[Basis.Version, top.Version, shoes.Version, kids.Version]);
    }

    [Fact]
    public async Task For_ProfileOfTheContainer_IsTakenBeforeABuiltIn()
    {
        await StartAsync(
            ("_profiles/spring.json", """{"extends": "shopify", "tone": "spring"}"""),
            ("_captioner.json", """{"profile": "spring", "languages": ["de", "fr"]}"""));
        var ready = await ReadyAsync("a.jpg");
        Assert.Equal(("spring", "spring", "de"), (ready.Profile.Name, ready.Profile.Tone, ready.Profile.Language));
        Assert.Contains("French (fr)", ready.Profile.Instruction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_captioner.json", "{\"tone\": 1}", "$.tone: '1' is not a text")]
    [InlineData("_captioner.json", "{", "bad/_captioner.json: is not valid JSON")]
    [InlineData("_captioner.json", "{\"profile\": \"sprong\"}", "bad/_captioner.json: $.profile: 'sprong' is not one of default, alt-text")]
    [InlineData("_captioner.json", "{\"fields\": [{\"name\": \"nope\", \"remove\": true}]}", "no field 'nope' to remove")]
    [InlineData("_catalog.csv", "colour,price\nred,1", "no column is named sku")]
    [InlineData("_catalog.csv", "sku,price\nA,1\nA,2", "line 3: 'A' is in line 2 too")]
    public async Task For_BrokenFile_RejectsItsFolderOnlyAndChangesWithTheFile(string file, string content, string error)
    {
        await StartAsync(($"bad/{file}", content));
        var broken = await BrokenAsync("bad/deep/x.jpg");
        Assert.Contains(error, broken.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("profile check", broken.Error.Remedy, StringComparison.Ordinal);
        Assert.Equal(16, broken.Version.Length);
        Assert.Same(Basis, (await ReadyAsync("good/x.jpg")).Profile);
        Assert.Same(Basis, (await ReadyAsync("x.jpg")).Profile);
        Assert.Equal(broken.Version, (await BrokenAsync("bad/y.jpg")).Version);

        await PutAsync($"bad/{file}", content + " ");
        Later();
        Assert.NotEqual(broken.Version, (await BrokenAsync("bad/x.jpg")).Version);
        await _storage!.Images.DeleteBlobAsync($"bad/{file}", cancellationToken: Cancel);
        Later();
        Assert.Same(Basis, (await ReadyAsync("bad/x.jpg")).Profile);
    }

    [Fact]
    public async Task For_SettingsTooLong_AreBrokenWithoutBeingRead()
    {
        await StartAsync(("_captioner.json", "{\"comment\": \"" + new string('x', ProfileReader.MaxBytes) + "\"}"));
        Assert.Contains("the most is 1,048,576", (await BrokenAsync("x.jpg")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task For_ARowChanges_OnlyItsProductIsOutOfDate()
    {
        await StartAsync(("_catalog.csv", "sku,brand,price\nA1,Acme,9.90\nB2,Bolt,5.00\n"));
        var (a, b, none) = (await ReadyAsync("x/A1-1.jpg"), await ReadyAsync("x/B2.jpg"), await ReadyAsync("x/C3.jpg"));
        Assert.Equal(("A1", "Acme", "9.90"), (a.Facts.Sku, a.Facts.Find("Brand"), a.Facts.Find("price")));
        Assert.Same(ProductFacts.None, none.Facts);

        await PutAsync("_catalog.csv", "sku,brand,price\nA1,Acme,8.90\nB2,Bolt,5.00\n");
        Assert.Equal(a.Version, (await ReadyAsync("x/A1-1.jpg")).Version);
        Later();
        var (a2, b2, none2) = (await ReadyAsync("x/A1-1.jpg"), await ReadyAsync("x/B2.jpg"), await ReadyAsync("x/C3.jpg"));
        Assert.NotEqual(a.Version, a2.Version);
        Assert.Equal("8.90", a2.Facts.Find("price"));
        Assert.Equal((b.Version, none.Version), (b2.Version, none2.Version));
    }

    [Fact]
    public async Task For_ManyPicturesAtOnce_AskOncePerFolderAndByETagLater()
    {
        await StartAsync(("shoes/_captioner.json", """{"tone": "a"}"""), ("_catalog.csv", "file,brand\nx1.jpg,Acme\n"));
        _requests.Take();
        var all = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => ReadyAsync($"shoes/x{i}.jpg")));
        Assert.All(all, r => Assert.Same(all[0].Profile, r.Profile));
        Assert.Equal(["GET 200 _catalog.csv", "GET 200 shoes/_captioner.json", "GET 404 shoes/_catalog.csv"], _requests.Take().Order(StringComparer.Ordinal));

        await ReadyAsync("shoes/x1.jpg");
        Assert.Empty(_requests.Take());
        Later();
        Assert.Same(all[0].Profile, (await ReadyAsync("shoes/x1.jpg")).Profile);
        Assert.Equal(["GET 304 _catalog.csv", "GET 304 shoes/_captioner.json", "GET 404 shoes/_catalog.csv"], _requests.Take().Order(StringComparer.Ordinal));

        await PutAsync("shoes/_captioner.json", """{"tone": "b"}""");
        Later();
        _requests.Take();
        Assert.Equal("b", (await ReadyAsync("shoes/x1.jpg")).Profile.Tone);
        Assert.Contains("GET 200 shoes/_captioner.json", _requests.Take());
    }

    [Fact]
    public async Task For_CallerGivesUp_OthersGetTheirAnswer()
    {
        await StartAsync(("_captioner.json", """{"tone": "a"}"""));
        using var giveUp = new CancellationTokenSource();
        var (given, kept) = (_settings!.ResolveAsync("x.jpg", Basis, profileOverride: null, giveUp.Token).AsTask(), ReadyAsync("y.jpg"));
        await giveUp.CancelAsync();
        await given.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.Equal("a", (await kept).Profile.Tone);
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
        Assert.Contains("'X/1'", (await BrokenAsync("a.jpg")).Error!.Message, StringComparison.Ordinal);
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

    private async Task<ResolvedProfile> ReadyAsync(string name)
    {
        var resolved = await ResolveAsync(name);
        Assert.Null(resolved.Error);
        return resolved;
    }

    private async Task<ResolvedProfile> BrokenAsync(string name)
    {
        var resolved = await ResolveAsync(name);
        Assert.NotNull(resolved.Error);
        return resolved;
    }

    private Task<ResolvedProfile> ResolveAsync(string name) => _settings!.ResolveAsync(name, Basis, profileOverride: null, Cancel).AsTask();
}
