using System.Net;
using System.Text;
using System.Text.Json;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Web.Api;
using Xunit;

namespace BlobCaptioner.Tests.Web;

/// <summary>Edits by PATCH: each field and list is held to the profile's limits, and the record stays one that readers take.</summary>
public sealed class EditLimitsTests(AzuriteFixture azurite)
{
    private static readonly Profile s_profile = TestPipeline.Profile with
    {
        Languages = [new("en"), new("de")],
        Fields =
        [
            .. TestPipeline.Profile.Fields,
            new() { Name = "bullets", Kind = FieldKind.TextList, MaxCharacters = 20, MaxItems = 2 },
            new() { Name = "long_text", Kind = FieldKind.Text, MaxCharacters = 10_000 },
        ],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Edit_BeyondTheProfile_IsRefusedWithTheLimit()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), s_profile);
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        foreach (var (language, field, value, says) in ((string?, string, string, string)[])[
            ("en", "bullets", """["","",""]""", "3 items; the limit is 2"),
            ("en", "bullets", $"[{string.Join(',', Enumerable.Repeat("\"\"", 100_000))}]", "100000 items; the limit is 2"),
            ("en", "bullets", """["twenty characters and more"]""", "characters; the limit is 20"),
            ("en", "title", """["one","two"]""", "2 items; the limit is 1"),
            (null, "color", """["red","blue"]""", "2 items; the limit is 1"),
            ("en", "title", "\"a\\u0000b\"", "a control character"),
            ("en", "title", "\"a\\u001bb\"", "a control character"),
            ("en", "title", "\"\\ud800\"", "neither a string nor an array"),
            ("en", "bullets", "[\"\\udc00\"]", "neither a string nor an array"),
            ("en", "bullets", "[null]", "neither a string nor an array"),
            ("en", "bullets", "[[\"a\"]]", "neither a string nor an array"),
            ("fr", "title", "\"x\"", "no such language"),
            (new string('x', 100_000), "title", "\"x\"", "no such language"),
            ("en", new string('x', 100_000), "\"x\"", "no such field"),
            (null, "color", $"\"{new string('x', 100_000)}\"", "not one of its values")])
        {
            var (status, problem) = await PatchAsync(host, "red.jpg", seen.ETag!, [(language, field, value)]);
            Assert.True(status == HttpStatusCode.BadRequest, $"{status}: {problem}");
            Assert.Contains(says, problem, StringComparison.Ordinal);
            Assert.InRange(problem.Length, 1, 1_000);
        }

        Assert.Equal(seen.ETag, (await host.RecordAsync("red.jpg")).ETag);
    }

    [Fact]
    public async Task Edit_WithinTheProfile_IsStoredAsGiven()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), s_profile);
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        var (status, problem) = await PatchAsync(
            host, "red.jpg", seen.ETag!, [("de", "bullets", """["zwei","Zeilen\n👜"]"""), ("en", "bullets", "\"one\""), (null, "color", "\"\""), ("de", "title", "null")]);
        Assert.True(status == HttpStatusCode.OK, problem);
        var edits = RecordReview.Read((await host.Store.ReadAsync("red.jpg", Cancel))!.Record!.Review).Edits;
        Assert.Equal(["zwei", "Zeilen\n👜"], edits.Copy["de"]["bullets"].Items);
    }

    [Fact]
    public async Task Edit_OneFieldTwice_IsRefused()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), s_profile);
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        var (status, problem) = await PatchAsync(host, "red.jpg", seen.ETag!, [("en", "title", "\"a\""), ("en", "title", "\"b\"")]);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("copy/en/title is changed twice", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_BodyBeyondTwoMegabytes_IsRefused()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), s_profile);
        var (status, _) = await PatchAsync(host, "red.jpg", new string('x', 2_000_001), [("en", "title", "\"a\"")]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
    }

    [Fact]
    public async Task Edit_LongTextsAgainAndAgain_KeepTheRecordReadable()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), s_profile);
        await host.DescribeAsync("red.jpg");
        var etag = (await host.RecordAsync("red.jpg")).ETag!;
        foreach (var i in Enumerable.Range(0, 40))
        {
            // 40 kB as UTF-8, 120 kB as escapes.
            var text = JsonSerializer.Serialize($"{i} {string.Concat(Enumerable.Repeat("👜", 9_990))}");
            var (status, answer) = await PatchAsync(host, "red.jpg", etag, [("en", "long_text", text), ("de", "long_text", text)]);
            Assert.True(status == HttpStatusCode.OK, answer.Length > 500 ? answer[..500] : answer);
            etag = JsonSerializer.Deserialize<RecordView>(answer, WebJson.Options)!.ETag!;
        }

        var stored = (await host.Store.ReadAsync("red.jpg", Cancel))!;
        Assert.InRange(CaptionStore.Serialize(stored.Record!).ToMemory().Length, 80_000, RecordFile.MaxBytes);
        Assert.InRange((await host.RecordAsync("red.jpg")).UndoSteps, 3, 39);
    }

    private static async Task<(HttpStatusCode Status, string Text)> PatchAsync(PageHost host, string name, string etag, (string? Language, string Field, string Json)[] changes)
    {
        var list = string.Join(',', changes.Select(c =>
            $$"""{"language":{{(c.Language is null ? "null" : JsonSerializer.Serialize(c.Language))}},"field":{{JsonSerializer.Serialize(c.Field)}},"value":{{c.Json}}}"""));
        using var body = new StringContent($$"""{"eTag":{{JsonSerializer.Serialize(etag)}},"by":"Ana","changes":[{{list}}]}""", Encoding.UTF8, "application/json");
        var answer = await host.Client.PatchAsync($"/api/record?name={name}", body, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
