using System.Text;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Evaluation;
using BlobCaptioner.Exports;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Catalogs;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Records;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.Records;

/// <summary>Whatever the bytes of a record, review, profile, folder setting, catalogue or truth file: the reader says what is wrong, or all that use it can.</summary>
public sealed class AnyBytesTests : IDisposable
{
    private const string Review = """{"state":"approved","by":"ana","at":"2026-11-23T09:00:00Z","edits":{"copy":{"en":{"title":"Mine"}},"attributes":{"color":"red"}},"edited":{"copy/en/title":{"by":"ana"}},"history":[{"before":{"copy/en/title":"Red"},"at":"x"}]}""";
    private const string Profile = """{"name":"mine","extends":"default","languages":["en",{"tag":"de","fields":["title"]}],"tone":"plain","use":["cotton"],"avoid":["cheap"],"vocabularies":{"fit":["slim",{"wide":["very"]}]},"fields":[{"name":"title","kind":"text","maxCharacters":60},{"name":"fit","kind":"choice","attribute":true,"values":"@fit"}],"confidenceThreshold":0.5,"grouping":"sku","imageTokenBudget":576,"sampling":{"temperature":0.7,"topP":0.8,"topK":20,"seed":1}}""";
    private const string Catalog = "sku,file,brand,price,description\nA1,a.jpg,Acme,$1,\"red, warm\"\nA2,b/b.jpg,Luma,2.50,\"27\"\" wide\"\n";
    private const string Truth = "file,sku,color,color synonyms,material\na.jpg,,red|white,crimson,cotton\n,A2,blue,,\n";

    private static readonly ExportFormat[] s_formats = Enum.GetValues<ExportFormat>();

    private readonly string _folder = Directory.CreateTempSubdirectory("captioner-bytes-").FullName;

    private static CaptionRecord Whole =>
        TestRecords.Described("a/b.jpg", ("title", "Red mug"), ("bullets", new CopyValue(["Holds tea"])), ("alt_text", "A mug")).With(("brand", "Acme"), ("price", "1.00 USD")).Reviewed(Review) with
        {
            Flags = ["title-cut"],
            Product = new("S-1", ["a/b.jpg", "a/c.jpg"]) { ViewsHash = "00" },
            Error = new("code", "message", "remedy"),
        };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Record_AnyBytes_IsRefusedWithAReasonOrOfUseEverywhere()
    {
        using var index = new RecordIndex(Path.Combine(_folder, "index.db"), "http://images");
        var (used, refused) = (0, 0);
        Prop.ForAll(AnyBytes.Of(CaptionStore.Serialize(Whole).ToArray()), bytes =>
        {
            var file = RecordFile.Read(new(bytes));
            if (file.Record is { } record)
            {
                used++;
                Use(record, index);
            }
            else
            {
                refused++;
                Assert.True(file.Problem is null or { Length: > 0 and < 1000 });
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
        Assert.True(used > 50 && refused > 50, $"{used} of use, {refused} refused");
    }

    [Fact]
    public void Profile_AnyBytes_IsAProfileOrAListOfProblems()
    {
        var sound = 0;
        Prop.ForAll(AnyBytes.Of(Encoding.UTF8.GetBytes(Profile)), bytes =>
        {
            foreach (var read in (Func<Profile>[])[() => ProfileReader.Read(bytes, "mine.json"), () => ProfileReader.ReadFolder(bytes, "_captioner.json", BuiltInProfiles.Default, _ => null)])
            {
                try
                {
                    var profile = read();
                    sound++;
                    Assert.NotEmpty(profile.Version);
                    Assert.NotEmpty(profile.Instruction);
                    _ = ProfileWriter.Write(profile);
                }
                catch (ProfileException broken)
                {
                    Assert.NotEmpty(broken.Problems);
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
        Assert.True(sound > 5, $"{sound}");
    }

    [Fact]
    public void CatalogAndTruth_AnyBytes_AreReadOrSayWhy()
    {
        Prop.ForAll(AnyBytes.Of(Encoding.UTF8.GetBytes(Catalog)), bytes =>
        {
            try
            {
                _ = ProductCatalogReader.Read(bytes, "_catalog.csv").Find("a.jpg");
            }
            catch (ProfileException broken)
            {
                Assert.NotEmpty(broken.Problems);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
        Prop.ForAll(AnyBytes.Of(Encoding.UTF8.GetBytes(Truth)), bytes =>
        {
            try
            {
                using var stream = new MemoryStream(bytes);
                var evaluation = new AttributeEvaluation(TruthFile.Read(stream));
                evaluation.Add(new("a.jpg.json", Whole));
                _ = evaluation.Report();
            }
            catch (FormatException broken)
            {
                Assert.NotEmpty(broken.Message);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    public static TheoryData<string, byte[]> Large => new()
    {
        { "50 MB of brackets", Bytes(new string('[', 50_000_000)) },
        { "50 MB of text", Bytes($"{{\"schemaVersion\":1,\"flags\":[\"{new string('x', 50_000_000)}\"]}}") },
        { "10,000 levels", Bytes($"{{\"schemaVersion\":1,\"review\":{string.Concat(Enumerable.Repeat("{\"a\":", 10_000))}1{new string('}', 10_001)}") },
        { "a million names twice", Bytes($"{{\"schemaVersion\":1,{string.Concat(Enumerable.Repeat("\"name\":\"x\",", 80_000))}\"fields\":[]}}") },
        { "zeros", new byte[100_000] },
    };

    [Theory]
    [MemberData(nameof(Large))]
    public void Readers_LargeOrDeepFile_SayWhy(string what, byte[] bytes)
    {
        var file = RecordFile.Read(new(bytes));
        Assert.True(file.Record is null && file.Problem is null or { Length: < 1000 }, what);
        Assert.Throws<ProfileException>(() => ProfileReader.Read(bytes, "p.json"));
        Assert.Throws<ProfileException>(() => ProfileReader.ReadFolder(bytes, "p.json", BuiltInProfiles.Default, _ => null));
        Assert.Throws<ProfileException>(() => ProductCatalogReader.Read(bytes, "_catalog.csv"));
        Assert.Throws<FormatException>(() => TruthFile.Read(new MemoryStream(bytes)));
    }

    [Theory]
    [InlineData("profile", """{"name":"größe","version":"ü"}""")]
    [InlineData("profile", """{"name":"","version":""}""")]
    [InlineData("fingerprint", "\"\"")]
    [InlineData("flags", """["-"]""")]
    [InlineData("flags", """["ü","x"]""")]
    public void Receipt_TextThatNoHeaderCarries_IsAsciiAndReadsBackTheSame(string name, string value)
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(CaptionStore.Serialize(Whole).ToString())!.AsObject();
        json[name] = System.Text.Json.Nodes.JsonNode.Parse(value);
        json["image"]!["eTag"] = "";
        json["generation"]!["preparation"] = "a\nb";
        json["generation"]!["modelHash"] = new string('x', 9_000);
        var record = RecordFile.Read(new(json.ToJsonString())).Record;
        Assert.NotNull(record);
        CheckReceipt(record);
    }

    [Fact]
    public void Review_DeepLargeOrTwiceTheSameName_IsAProblem()
    {
        var deep = $"{string.Concat(Enumerable.Repeat("[", 60))}{string.Concat(Enumerable.Repeat("]", 60))}";
        var large = $"[{string.Join(',', Enumerable.Repeat("1", (RecordReview.MaxBytes / 2) + 1))}]";
        foreach (var review in (string[])[deep, large, """{"edits":{"copy":{"en":{},"en":{}}}}""", """{"by":"\ud800"}"""])
        {
            using var parsed = System.Text.Json.JsonDocument.Parse(review);
            Assert.StartsWith("review ", RecordReview.Problem(parsed.RootElement), StringComparison.Ordinal);
            _ = Record.Exception(() => RecordReview.Read(parsed.RootElement)) is null or InvalidOperationException;
        }

        Assert.Null(RecordReview.Problem(Whole.Review));
        Assert.Null(RecordReview.Problem(null));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private void Use(CaptionRecord record, RecordIndex index)
    {
        CheckReceipt(record);
        _ = CaptionStore.NameOf(record);
        _ = SafePath.Under(_folder, CaptionStore.NameOf(record));
        _ = EffectiveRecord.Of(record);
        var row = IndexedPicture.Of("a/b.jpg", "e", "r", record, uploaded: null);
        index.Write([row]);
        Assert.Equal(row.Card.Flags, index.Find("a/b.jpg")!.Flags);
        _ = index.List(new(), new Dictionary<string, BlobCaptioner.Web.Api.PictureState>(StringComparer.Ordinal), 0, 10);
        _ = index.Facets();
        if (record.Review is { } review)
        {
            _ = RecordReview.WithoutEdits(review);
        }

        var edited = ReviewEditor.Edit(record.Review, [new("en", "title", "New")], "bo", DateTimeOffset.UnixEpoch);
        Assert.Null(RecordReview.Problem(edited));
        Assert.NotNull(RecordFile.Read(CaptionStore.Serialize(record with { Review = edited })).Record);
        Assert.Null(RecordReview.Problem(ReviewEditor.Undo(edited, "bo", DateTimeOffset.UnixEpoch)));

        var evaluation = new AttributeEvaluation(TruthFile.Read(new MemoryStream(Bytes("file,category,color\na/b.jpg,mug,red\n"))));
        evaluation.Add(new("a/b.jpg.json", record));
        _ = evaluation.Report();
        foreach (var format in s_formats)
        {
            using var output = new MemoryStream();
            var options = new ExportOptions { Format = format, BaseUrl = new("https://shop.example") };
            ListedRecord[] listed = [new("a/b.jpg.json", record), new("a/S-1.product.json", record)];
            RecordExport.RunAsync(listed.ToAsyncEnumerable(), (_, _) => Task.FromResult<CaptionRecord?>(record), options, output, progress: null, CancellationToken.None)
                .GetAwaiter().GetResult();
        }
    }

    private static void CheckReceipt(CaptionRecord record)
    {
        var metadata = RecordReceipt.Of(record).ToMetadata();
        Assert.All(metadata, m => Assert.True(m.Value.Length > 0 && m.Value.All(c => c is >= ' ' and <= '~') && m.Value == m.Value.Trim(), m.Key));
        Assert.True(metadata.Sum(m => m.Key.Length + m.Value.Length) < 8000);
        var back = RecordReceipt.FromMetadata(metadata);
        Assert.NotNull(back);
        Assert.Equal(RecordReceipt.Of(record) with { Flags = null }, back with { Flags = null });
        Assert.Equal(RecordReceipt.Of(record).Flags, back.Flags);
    }
}
