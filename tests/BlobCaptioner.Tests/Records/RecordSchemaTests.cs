using System.Text.Json.Nodes;
using BlobCaptioner.Records;
using Xunit;

namespace BlobCaptioner.Tests.Records;

public sealed class RecordSchemaTests
{
    [Fact]
    public async Task CheckAsync_EveryFormThatIsWritten_Holds()
    {
        var described = TestRecords.Described("a.jpg", ("title", "A mug"), ("bullets", new(["a", "b"])));
        await ValidRecord.CheckAsync(described);
        await ValidRecord.CheckAsync(described.With(("price", "1")) with { Product = new("SKU", ["a.jpg", "b.jpg"]) });
        await ValidRecord.CheckAsync(described.Reviewed("""{"anything":[1,{"a":null}]}"""));
        await ValidRecord.CheckAsync(described.Reviewed("\"a text\""));
        await ValidRecord.CheckAsync(described with { Generation = described.Generation with { Failures = [new() { At = DateTimeOffset.UnixEpoch, Worker = "w/1", Error = "internal: It broke." }] } });
        await ValidRecord.CheckAsync(TestRecords.Without("a.jpg", RecordStatus.Rejected));
        await ValidRecord.CheckAsync(TestRecords.Without("a.jpg", RecordStatus.Failed));
    }

    [Theory]
    [InlineData("""{"unheardOf":1}""")]
    [InlineData("""{"status":"done"}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"image":{"name":"a.jpg"}}""")]
    [InlineData("""{"copy":{"en":{"title":1}}}""")]
    [InlineData("""{"copy":{"title":"A mug"}}""")]
    [InlineData("""{"attributes":{"color":{"value":"red","confidence":1.5,"evidence":"seen"}}}""")]
    [InlineData("""{"attributes":{"color":{"value":"red","confidence":1,"evidence":"unknown"}}}""")]
    [InlineData("""{"attributes":{"color":{"value":null,"confidence":1,"evidence":"seen"}}}""")]
    [InlineData("""{"attributes":{"color":{"value":"red","evidence":"guessed"}}}""")]
    [InlineData("""{"error":{"code":"x","message":"y","remedy":"z"}}""")]
    [InlineData("""{"status":"rejected"}""")]
    [InlineData("""{"status":"failed","error":null}""")]
    [InlineData("""{"product":{"views":[]}}""")]
    [InlineData("""{"facts":{"price":1}}""")]
    [InlineData("""{"fingerprint":"XYZ"}""")]
    public async Task CheckAsync_OneThingWrong_SaysSo(string change)
    {
        var record = JsonNode.Parse(CaptionStore.Serialize(TestRecords.Described("a.jpg", ("title", "A mug"))).ToString())!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            record[name] = value?.DeepClone();
        }

        Assert.NotEmpty(await RecordSchema.CheckAsync(record.ToJsonString()));
    }

    [Theory]
    [InlineData("schemaVersion")]
    [InlineData("status")]
    [InlineData("image")]
    [InlineData("generation")]
    [InlineData("fingerprint")]
    public async Task CheckAsync_RequiredMissing_SaysSo(string name)
    {
        var record = JsonNode.Parse(CaptionStore.Serialize(TestRecords.Described("a.jpg")).ToString())!.AsObject();
        Assert.True(record.Remove(name));
        Assert.Contains(await RecordSchema.CheckAsync(record.ToJsonString()), e => e.Contains(name, StringComparison.Ordinal));
    }
}
