using System.Text.Json.Nodes;
using BlobCaptioner.Records;
using BlobCaptioner.Web.Index;
using BlobCaptioner.Web.Records;
using Xunit;

namespace BlobCaptioner.Tests.Records;

/// <summary>Files as people and tools leave them.</summary>
public sealed class RecordFileTests
{
    private const string Review = """{"state":"approved","by":"ana","at":"2026-11-23T09:00:00Z","edits":{"copy":{"en":{"title":"Mine"}},"attributes":{"color":"red"}},"edited":{"copy/en/title":{"by":"ana"}},"history":[{"state":"approved","at":"x"}]}""";

    private static readonly string[] s_values = ["null", "7", "-1e999", "true", "\"x\"", "\"\\ud800\"", "[]", "[null]", "[[]]", "{}", "{\"x\":null}", "{\"x\":{\"x\":null}}", "{\"x\":1,\"x\":2}"];

    private static CaptionRecord Whole =>
        TestRecords.Described("a/b.jpg", ("title", "Red mug"), ("bullets", new CopyValue(["Holds tea"]))).With(("brand", "Acme")).Reviewed(Review) with
        {
            Flags = ["title-cut"],
            Product = new("S-1", ["a/b.jpg"]) { ViewsHash = "00" },
            Error = new("code", "message", "remedy"),
        };

    [Theory]
    [InlineData("""{"flags":[null]}""", "flags")]
    [InlineData("""{"copy":{"en":null}}""", "copy")]
    [InlineData("""{"copy":{"en":{"title":null}}}""", "copy")]
    [InlineData("""{"copy":{"en":{"title":[1]}}}""", "copy")]
    [InlineData("""{"attributes":{"color":null}}""", "attributes")]
    [InlineData("""{"attributes":{"color":{"value":"red","confidence":1e999}}}""", "")]
    [InlineData("""{"facts":{"brand":null}}""", "facts")]
    [InlineData("""{"profile":{}}""", "profile")]
    [InlineData("""{"profile":{"name":"default","version":"1","languages":[null]}}""", "profile.languages")]
    [InlineData("""{"product":{"sku":"S-1"}}""", "product")]
    [InlineData("""{"product":{"sku":"S-1","views":[null]}}""", "product.views")]
    [InlineData("""{"error":{"code":"x"}}""", "error")]
    [InlineData("""{"status":7}""", "status")]
    [InlineData("""{"status":"lost"}""", "status")]
    [InlineData("""{"schemaVersion":2}""", "schemaVersion")]
    [InlineData("""{"image":null}""", "image")]
    [InlineData("""{"review":{"edits":{"copy":{"en":{"title":"1"},"en":{"title":"2"}}}}}""", "en")]
    [InlineData("""{"review":{"by":"\ud800"}}""", "")]
    public void Read_OnePartIsMalformed_SaysWhatIsWrong(string part, string where)
    {
        // Spliced in as text: a tree would not take what is wrong with some of them.
        var name = part.Split('"')[1];
        var whole = JsonNode.Parse(CaptionStore.Serialize(Whole).ToString())!.AsObject();
        whole.Remove(name);
        var file = RecordFile.Read(new($"{part[..^1]},{whole.ToJsonString()[1..]}"));
        Assert.Null(file.Record);
        Assert.Contains(where, file.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AByteOrderMarkBeforeIt_IsTheRecord()
    {
        byte[] file = [0xEF, 0xBB, 0xBF, .. CaptionStore.Serialize(Whole).ToArray()];

        Assert.Equal(Whole.Image.Name, RecordFile.Read(new(file)).Record?.Image.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[1, 2]")]
    [InlineData("""{"mine":true}""")]
    public void Read_ForeignFile_IsNoRecordAndNoProblem(string content) => Assert.Equal(new(null, null), RecordFile.Read(new(content)));

    [Fact]
    public void Read_RecordCutOff_SaysSo()
    {
        var content = CaptionStore.Serialize(Whole).ToString();
        Assert.NotNull(RecordFile.Read(new(content)).Record);
        Assert.NotNull(RecordFile.Read(new(content[..(content.Length / 2)])).Problem);
    }

    [Fact]
    public void Read_AnyValueInAnyPlace_IsRefusedOrCanBeUsedAndWritten()
    {
        var content = CaptionStore.Serialize(Whole).ToString();
        var refused = 0;
        var places = Places(JsonNode.Parse(content)!).Count();
        for (var place = 0; place < places; place++)
        {
            foreach (var value in s_values)
            {
                var tree = JsonNode.Parse(content)!;
                var node = Places(tree).ElementAt(place);
                var path = node.GetPath();
                node.ReplaceWith("here it goes");
                var text = tree.ToJsonString().Replace("\"here it goes\"", value, StringComparison.Ordinal);
                if (RecordFile.Read(new(text)).Record is { } record)
                {
                    Assert.True(Record.Exception(() => Use(record)) is null, $"{path} = {value}: {Record.Exception(() => Use(record))}");
                }
                else
                {
                    refused++;
                }
            }
        }

        Assert.InRange(refused, places, places * s_values.Length);
    }

    private static void Use(CaptionRecord record)
    {
        _ = RecordReceipt.Of(record).ToMetadata();
        _ = CaptionStore.NameOf(record);
        _ = CaptionStore.SerializeLine(record);
        _ = EffectiveRecord.Of(record);
        _ = IndexedPicture.Of(record.Image.Name, "e", "r", record, uploaded: null);
        if (record.Review is { } review)
        {
            _ = RecordReview.WithoutEdits(review);
        }

        _ = ReviewEditor.Edit(record.Review, [new("en", "title", "New")], "bo", DateTimeOffset.UnixEpoch);
        _ = ReviewEditor.Undo(record.Review, "bo", DateTimeOffset.UnixEpoch);
    }

    private static IEnumerable<JsonNode> Places(JsonNode node) => (node switch
    {
        JsonObject members => members.Select(m => m.Value),
        JsonArray items => items,
        _ => [],
    }).OfType<JsonNode>().SelectMany(child => Places(child).Prepend(child));
}
