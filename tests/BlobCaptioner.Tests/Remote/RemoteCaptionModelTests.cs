using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Remote;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

/// <summary>What is asked of a server and what is made of its answers, over real HTTP.</summary>
public sealed class RemoteCaptionModelTests
{
    private static readonly PreparedImage Picture = new() { Name = "secret-folder/IMG 2041.jpg", Jpeg = new byte[] { 0xFF, 0xD8, 1, 2, 3 } };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Profile Profile => BuiltInProfiles.Sample;

    [Fact]
    public async Task Describe_GoodAnswer_GivesFieldsTokensCostAndWhoServed()
    {
        await using var server = await StubServer.StartAsync();
        await using var model = RemoteCaptionModel.Create(server.Options(o => (o.Revision, o.InputPricePerMillion, o.OutputPricePerMillion) = ("r1", 0.5m, 2m)));
        var caption = await model.DescribeAsync(Picture, Profile, Cancel);
        Assert.Equal(["category", "color", "pattern", "title"], caption.Fields.Select(f => f.Name));
        Assert.Equal(["mug", "red", "plain", "A red mug"], caption.Fields.Select(f => f.Value));
        Assert.All(caption.Fields, f => Assert.Null(f.Confidence));
        Assert.Empty(caption.Flags);
        Assert.Equal((100, 20, 0.00009m, "USD"), (caption.Usage.PromptTokens, caption.Usage.OutputTokens, caption.Usage.Cost, caption.Usage.Currency));
        Assert.Equal("stub-model-2 fp_7", caption.Usage.ServedBy);
        Assert.Equal(new CaptionModelInfo("stub", "stub@r1", "OpenAI-compatible server"), model.Info);
        Assert.Equal(new RemoteTotals { Requests = 1, Described = 1, InputTokens = 100, OutputTokens = 20, Cost = 0.00009m }, model.Totals());
    }

    [Fact]
    public async Task Describe_Request_HoldsSchemaLimitsAndPictureButNotItsName()
    {
        await using var server = await StubServer.StartAsync();
        await using var model = RemoteCaptionModel.Create(server.Options());
        await model.DescribeAsync(Picture, Profile with { System = "Be brief.", Sampling = new() { Temperature = 0.25f } }, Cancel);
        var body = Assert.Single(server.Requests);
        Assert.Equal("stub", body.GetProperty("model").GetString());
        Assert.Equal(0.25, body.GetProperty("temperature").GetDouble(), 5);
        Assert.InRange(body.GetProperty("max_completion_tokens").GetInt32(), 200, 500);
        Assert.False(body.TryGetProperty("logprobs", out _));
        Assert.DoesNotContain("IMG", body.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret-folder", body.GetRawText(), StringComparison.Ordinal);

        var messages = body.GetProperty("messages");
        Assert.Equal("Be brief.", messages[0].GetProperty("content").ToString() is var system && system[0] == '[' ? messages[0].GetProperty("content")[0].GetProperty("text").GetString() : system);
        var parts = messages[1].GetProperty("content");
        Assert.Equal(Profile.Instruction, parts[0].GetProperty("text").GetString());
        Assert.Equal("data:image/jpeg;base64,/9gBAgM=", parts[1].GetProperty("image_url").GetProperty("url").GetString());

        var format = body.GetProperty("response_format");
        Assert.Equal("json_schema", format.GetProperty("type").GetString());
        Assert.True(format.GetProperty("json_schema").GetProperty("strict").GetBoolean());
        var schema = format.GetProperty("json_schema").GetProperty("schema");
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal(["category", "color", "pattern", "title"], schema.GetProperty("required").EnumerateArray().Select(r => r.GetString()));
        Assert.Equal(Profile.Fields[0].Values, schema.GetProperty("properties").GetProperty("category").GetProperty("enum").EnumerateArray().Select(v => v.GetString()!));
        Assert.Equal(151, schema.GetProperty("properties").GetProperty("title").GetProperty("maxLength").GetInt32());
    }

    [Fact]
    public async Task Describe_SamplingAndMaxLengthSwitchedOff_LeavesThemOut()
    {
        await using var server = await StubServer.StartAsync();
        await using var model = RemoteCaptionModel.Create(server.Options(o => (o.SendSampling, o.SchemaMaxLength, o.ExtraOutputTokens) = (false, false, 5000)));
        await model.DescribeAsync(Picture, Profile, Cancel);
        var text = Assert.Single(server.Requests).GetRawText();
        Assert.DoesNotContain("temperature", text, StringComparison.Ordinal);
        Assert.DoesNotContain("top_p", text, StringComparison.Ordinal);
        Assert.DoesNotContain("seed", text, StringComparison.Ordinal);
        Assert.DoesNotContain("maxLength", text, StringComparison.Ordinal);
        Assert.Contains("At most 150 characters.", text, StringComparison.Ordinal);
        Assert.True(server.Requests.First().GetProperty("max_completion_tokens").GetInt32() > 5000);
    }

    public static TheoryData<string, string> BadAnswers => new()
    {
        { """{"category":"mug","color":"red","pattern":"plain","title":"A red m""", "cut off" },
        { "   \n\n\n\t   ", "white space" },
        { """{"category":"mug",      """, "cut off" },
        { "", "empty" },
        { """Here is the JSON: {"category":"mug","color":"red","pattern":"plain","title":"A red mug"}""", "one JSON object" },
        { "```json\n" + StubServer.GoodAnswer + "\n```", "one JSON object" },
        { StubServer.GoodAnswer + " I hope this helps!", "one JSON object" },
        { """["mug","red","plain","A red mug"]""", "not an object" },
        { """{"category":"mug","color":"red","title":"A red mug"}""", "'pattern' is missing" },
        { """{"category":"mug","color":"red","pattern":null,"title":"A red mug"}""", "'pattern' is Null" },
        { """{"category":"mug","color":"red","pattern":"plain","title":7}""", "'title' is Number" },
        { """{"category":"mug","color":"red","pattern":"plain","title":"A red mug","price":"3"}""", "'price'" },
        { """{"category":"mug","color":"red","color":"blue","pattern":"plain","title":"A red mug"}""", "one JSON object" },
        { """{"category":"spoon","color":"red","pattern":"plain","title":"A red mug"}""", "not one of: mug, shirt" },
        { """{"category":"mug","color":"red","pattern":"plain","title":"\ud800"}""", "half a character" },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task Describe_FirstAnswerUnusable_IsRepairedByOneRequestThatTellsWhy(string bad, string why)
    {
        await using var server = await StubServer.StartAsync();
        var finish = why is "cut off" or "white space" ? "length" : "stop";
        server.Then(StubServer.Answer(bad, finish));
        await using var model = RemoteCaptionModel.Create(server.Options());
        var caption = await model.DescribeAsync(Picture, Profile, Cancel);
        Assert.Equal("A red mug", caption.Fields[3].Value);
        Assert.Equal((1, 200, 40), (caption.Usage.Repairs, caption.Usage.PromptTokens, caption.Usage.OutputTokens));
        Assert.Equal(2, server.Requests.Count);
        var repair = server.Requests.Last().GetProperty("messages").EnumerateArray().Last();
        Assert.Equal("user", repair.GetProperty("role").GetString());
        Assert.Contains(why, JsonSerializer.Deserialize<JsonElement>(repair.GetRawText()).GetProperty("content").ToString().Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("IMG", server.Requests.Last().GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_SuccessWithoutAnyAnswer_IsRepairedByOneRequest()
    {
        foreach (var reply in (Func<HttpContext, Task>[])[StubServer.NoChoice(), StubServer.Text("<html>proxy</html>"), StubServer.Text(""), StubServer.Answer(content: null), StubServer.Flood])
        {
            await using var server = await StubServer.StartAsync();
            server.Then(reply);
            await using var model = RemoteCaptionModel.Create(server.Options());
            Assert.Equal("mug", (await model.DescribeAsync(Picture, Profile, Cancel)).Fields[0].Value);
            Assert.Equal(2, server.Requests.Count);
        }
    }

    [Fact]
    public async Task Describe_SecondAnswerUnusableToo_FailsForGoodAfterTwoRequests()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Answer("no JSON at all");
        await using var model = RemoteCaptionModel.Create(server.Options());
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, Profile, Cancel));
        Assert.Equal(("bad-answer", true, true), (error.Code, error.Retry, error.IsFinal));
        Assert.Contains("'secret-folder/IMG 2041.jpg'", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal((2L, 1L, 0L, 240L), (model.Totals().Requests, model.Totals().Repairs, model.Totals().Described, model.Totals().InputTokens + model.Totals().OutputTokens));
    }

    [Fact]
    public async Task Describe_OverlongText_IsCutBetweenWordsAndFlaggedWithoutAskingAgain()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Answer("""{"title":" A red enamel mug with a handle ","note":""}"""));
        await using var model = RemoteCaptionModel.Create(server.Options());
        var profile = Profile with { Fields = [new() { Name = "title", Kind = FieldKind.Text, MaxCharacters = 16 }, new() { Name = "note", Kind = FieldKind.Text }] };
        var caption = await model.DescribeAsync(Picture, profile, Cancel);
        Assert.Equal(["A red enamel mug", ""], caption.Fields.Select(f => f.Value));
        Assert.Equal(["title-cut", "note-empty"], caption.Flags);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Describe_ServerGivesLogprobs_ConfidenceIsTheShareAmongAllowedValues()
    {
        await using var server = await StubServer.StartAsync();
        static object Token(string text, double p, params (string Text, double P)[] others) => new
        {
            token = text,
            logprob = Math.Log(p),
            bytes = text.Select(c => (int)c),
            top_logprobs = others.Append((text, p)).Select(o => new { token = o.Item1, logprob = Math.Log(o.Item2), bytes = o.Item1.Select(c => (int)c) }),
        };
        object[] tokens = [Token("{\"category\":\"", 1), Token("mu", 0.6, ("chair", 0.2), ("zebra", 0.1), ("sh", 1e-9)), Token("g\",\"title\":\"", 0.5), Token("Mug\"}", 0.1)];
        server.Then(StubServer.Answer("""{"category":"mug","title":"Mug"}""", logprobs: new { content = tokens }));
        await using var model = RemoteCaptionModel.Create(server.Options(o => o.TopLogprobs = 4));
        var caption = await model.DescribeAsync(Picture, Profile with { Fields = [Profile.Fields[0], Profile.Fields[3]] }, Cancel);
        Assert.Equal(0.75, caption.Fields[0].Confidence!.Value, 6);
        Assert.Null(caption.Fields[1].Confidence);
        Assert.Equal(4, server.Requests.Single().GetProperty("top_logprobs").GetInt32());
    }

    [Fact]
    public async Task Describe_ManyCallers_NeverMoreRequestsThanConcurrency()
    {
        await using var server = await StubServer.StartAsync();
        var gate = new TaskCompletionSource();
        server.Otherwise = async context =>
        {
            await gate.Task;
            await StubServer.Answer(StubServer.GoodAnswer)(context);
        };
        await using var model = RemoteCaptionModel.Create(server.Options(o => o.Concurrency = 3));
        var callers = Enumerable.Range(0, 20).Select(_ => model.DescribeAsync(Picture, Profile, Cancel)).ToArray();
        for (var i = 0; i < 3; i++)
        {
            await server.CameAsync(Cancel);
        }

        gate.SetResult();
        await Task.WhenAll(callers);
        Assert.Equal((20, 3), (server.Requests.Count, server.MostRunning));
    }
}
