using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using BlobCaptioner.Images;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Records;
using BlobCaptioner.Tests.Cli;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Tests.Records;
using BlobCaptioner.Web;
using BlobCaptioner.Web.Api;
using Xunit;

namespace BlobCaptioner.Tests.Web;

public sealed class RecordApiTests(AzuriteFixture azurite)
{
    private static readonly Profile s_profile = TestPipeline.Profile with
    {
        Languages = [new("en"), new("de")],
        Fields = [.. TestPipeline.Profile.Fields, new() { Name = "bullets", Kind = FieldKind.TextList, MaxCharacters = 20, MaxItems = 2 }],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Edit_SeenAsItIs_IsStoredSignedAndExported()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.DescribeAsync("a/red.jpg");
        var seen = await host.RecordAsync("a/red.jpg");
        var was = seen.Record!.Value.GetProperty("copy").GetProperty("en").GetProperty("title").GetString();

        var answer = await host.EditAsync("a/red.jpg", seen.ETag!, "Ana", ("en", "title", "My mug", was));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var record = (await host.Store.ReadAsync("a/red.jpg", Cancel))!.Record!;
        Assert.Equal("My mug", EffectiveRecord.Of(record).Record.Copy["en"]["title"].ToString());
        Assert.Equal(was, record.Copy["en"]["title"].ToString());
        Assert.Equal("Ana", RecordReview.Read(record.Review).By);
        Assert.Empty(await RecordSchema.CheckAsync(CaptionStore.SerializeLine(record)));
        Assert.Contains("My mug", await host.Client.GetStringAsync("/api/export?format=csv", Cancel), StringComparison.Ordinal);
        Assert.DoesNotContain("My mug", await host.Client.GetStringAsync("/api/export?format=csv&approved=true", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Edit_TwoPeopleOneField_SecondIsToldAndNothingIsLost()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        var was = seen.Record!.Value.GetProperty("copy").GetProperty("en").GetProperty("title").GetString();
        Assert.Equal(HttpStatusCode.OK, (await host.EditAsync("red.jpg", seen.ETag!, "Ana", ("en", "title", "Ana's", was))).StatusCode);

        var second = await host.EditAsync("red.jpg", seen.ETag!, "Bo", ("en", "title", "Bo's", was));

        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        var conflict = await PageHost.ReadAsync<EditConflict>(second);
        Assert.Equal(("Ana", "copy/en/title"), (conflict.By, conflict.Fields.Single()));
        Assert.Equal("Ana's", EffectiveRecord.Of((await host.Store.ReadAsync("red.jpg", Cancel))!.Record!).Record.Copy["en"]["title"].ToString());

        // A page that reloaded the record while Bo was typing knows its ETag, but not Ana's words.
        Assert.Equal(HttpStatusCode.Conflict, (await host.EditAsync("red.jpg", conflict.Now.ETag!, "Bo", ("en", "title", "Bo's", was))).StatusCode);

        // Having seen Ana's, Bo may insist.
        Assert.Equal(HttpStatusCode.OK, (await host.EditAsync("red.jpg", conflict.Now.ETag!, "Bo", ("en", "title", "Bo's", "Ana's"))).StatusCode);
    }

    [Fact]
    public async Task Edit_ManyPeopleDifferentFields_AllAreKept()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), s_profile);
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        var record = seen.Record!.Value;
        (string? Language, string Field)[] places = [("en", "title"), ("en", "bullets"), (null, "color"), (null, "pattern")];
        var answers = await Task.WhenAll(places.Select((p, i) =>
        {
            var was = p.Language is null ? record.GetProperty("attributes").GetProperty(p.Field).GetProperty("value") : record.GetProperty("copy").GetProperty(p.Language).GetProperty(p.Field);
            object value = p.Field == "bullets" ? new[] { "one", "two" } : p.Field == "color" ? "blue" : p.Field == "pattern" ? "striped" : "New title";
            return host.EditAsync("red.jpg", seen.ETag!, $"P{i}", (p.Language, p.Field, value, was));
        }));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.StatusCode));
        var edits = RecordReview.Read((await host.Store.ReadAsync("red.jpg", Cancel))!.Record!.Review).Edits;
        Assert.Equal(2, edits.Copy["en"].Count);
        Assert.Equal(2, edits.Attributes.Count);
    }

    [Theory]
    [InlineData("title", "\"" + "x" + "\"", null)]
    [InlineData("title", "[LONG]", "characters; the limit is")]
    [InlineData("bullets", "[\"a\",\"b\",\"c\"]", "3 items; the limit is 2")]
    [InlineData("color", "\"plaid\"", "not one of its values")]
    [InlineData("nothing", "\"x\"", "the record has no such field")]
    [InlineData("title", "{\"a\":1}", "neither a string nor an array")]
    public async Task Edit_Value_IsHeldToTheFieldsLimits(string field, string value, string? problem)
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), s_profile);
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        var json = value == "[LONG]" ? JsonSerializer.Serialize(new string('x', 500)) : value;
        var language = field == "color" ? null : "en";
        var answer = await host.EditAsync("red.jpg", seen.ETag!, "Ana", (language, field, JsonSerializer.Deserialize<JsonElement>(json), null));
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(problem is null ? answer.IsSuccessStatusCode : answer.StatusCode == HttpStatusCode.BadRequest && text.Contains(problem, StringComparison.Ordinal), text);
    }

    [Fact]
    public async Task Review_ApproveUndoOpen_FollowTheGallery()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        var approved = await PageHost.ReadAsync<RecordView>(await host.ReviewAsync("red.jpg", seen.ETag!, "approved", "Ana"));
        Assert.Equal(PictureState.Approved, approved.Card.State);
        Assert.Equal(1, (await ListAsync(host, "state=approved")).Total);
        Assert.Equal(HttpStatusCode.Conflict, (await host.ReviewAsync("red.jpg", seen.ETag!, "rejected", "Bo")).StatusCode);
        var undone = await PageHost.ReadAsync<RecordView>(await host.ReviewAsync("red.jpg", approved.ETag!, "undo", "Ana"));
        Assert.Equal(PictureState.Described, undone.Card.State);
        Assert.Equal(HttpStatusCode.Conflict, (await host.ReviewAsync("red.jpg", undone.ETag!, "undo", "Ana")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.ReviewAsync("red.jpg", undone.ETag!, "maybe", "Ana")).StatusCode);
    }

    [Fact]
    public async Task Redo_OneFieldOfOneLanguage_WritesItAloneAndKeepsEdits()
    {
        var model = new ScriptedModel();
        await using var host = await PageHost.StartAsync(azurite, model, s_profile);
        await host.DescribeAsync("red.jpg");
        var before = (await host.Store.ReadAsync("red.jpg", Cancel))!;
        var seen = await host.RecordAsync("red.jpg");
        await host.EditAsync("red.jpg", seen.ETag!, "Ana", ("en", "bullets", new[] { "mine" }, before.Record!.Copy["en"]["bullets"].Items));

        var redo = await host.Client.PostAsJsonAsync("/api/redo", new { names = new[] { "red.jpg" }, fields = new[] { "title" }, languages = new[] { "en" } }, Cancel);
        Assert.Equal(1, (await PageHost.ReadAsync<RedoResult>(redo)).Enqueued);
        await host.Events.WaitAsync(PipelineEventKind.Described, 2);

        var asked = model.Requests.Last().Profile;
        Assert.Equal(["title"], asked.Fields.Select(f => f.Name));
        Assert.Equal(["en"], asked.Languages.Select(l => l.Tag));
        var after = (await host.Store.ReadAsync("red.jpg", Cancel))!.Record!;
        Assert.Equal(before.Record.Fingerprint, after.Fingerprint);
        Assert.Equal(before.Record.Copy["en"]["bullets"], after.Copy["en"]["bullets"]);
        Assert.Equal(before.Record.Attributes["color"], after.Attributes["color"]);
        Assert.Equal(1, after.Generation.Variation);
        Assert.Equal("mine", RecordReview.Read(after.Review).Edits.Copy["en"]["bullets"].ToString());
        Assert.Empty(await RecordSchema.CheckAsync(CaptionStore.SerializeLine(after)));
    }

    [Fact]
    public async Task Redo_EditedWhileItIsWritten_BothAreKept()
    {
        var model = new ScriptedModel();
        await using var host = await PageHost.StartAsync(azurite, model);
        await host.DescribeAsync("red.jpg");
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        model.Script = async (_, cancel) =>
        {
            begun.TrySetResult();
            await go.Task.WaitAsync(cancel);
        };
        await host.Client.PostAsJsonAsync("/api/redo", new { names = new[] { "red.jpg" } }, Cancel);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        var seen = await host.RecordAsync("red.jpg");
        var was = seen.Record!.Value.GetProperty("copy").GetProperty("en").GetProperty("title").GetString();
        Assert.Equal(HttpStatusCode.OK, (await host.EditAsync("red.jpg", seen.ETag!, "Ana", ("en", "title", "Mine", was))).StatusCode);
        go.SetResult();
        await host.Events.WaitAsync(PipelineEventKind.Described, 2);

        var record = (await host.Store.ReadAsync("red.jpg", Cancel))!.Record!;
        Assert.Equal(1, record.Generation.Variation);
        Assert.Equal("Mine", RecordReview.Read(record.Review).Edits.Copy["en"]["title"].ToString());
    }

    [Fact]
    public async Task Redo_AnotherProfile_StaysThroughSweepsUntilThePictureChanges()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.DescribeAsync("red.jpg");
        var own = BuiltInProfiles.Sample with { Name = "mine", Fields = [new() { Name = "headline", Kind = FieldKind.Text, MaxCharacters = 50 }] };
        var put = await host.Client.PutAsJsonAsync("/api/profile?name=mine", new { json = BlobCaptioner.Profiles.Files.ProfileWriter.Write(own) }, Cancel);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync(Cancel));
        await host.Client.PostAsJsonAsync("/api/redo", new { names = new[] { "red.jpg" }, profile = "mine" }, Cancel);
        await host.Events.WaitAsync(PipelineEventKind.Described, 2);
        var record = (await host.Store.ReadAsync("red.jpg", Cancel))!.Record!;
        Assert.Equal(("mine", true, "headline"), (record.Profile.Name, record.Profile.IsPinned, record.Copy["en"].Keys.Single()));
        Assert.Empty(await RecordSchema.CheckAsync(CaptionStore.SerializeLine(record)));
        Assert.Equal(["headline"], (await host.RecordAsync("red.jpg")).Fields.Select(f => f.Name));

        // The host sweeps all the time: another picture's record shows that the first was passed over.
        await host.DescribeAsync("blue.jpg");
        Assert.Equal(3, host.Events.Count(PipelineEventKind.Described));
        await host.UploadAsync("red.jpg", TestPipeline.Picture(77));
        await host.Events.WaitAsync(PipelineEventKind.Described, 4);
        Assert.False((await host.Store.ReadAsync("red.jpg", Cancel))!.Record!.Profile.IsPinned);
    }

    [Fact]
    public async Task Redo_UnknownFieldProfileOrPicture_IsRefusedWithTheWayOut()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.DescribeAsync("red.jpg");
        foreach (var (body, code) in ((object, string)[])[
            (new { names = new[] { "red.jpg" }, fields = new[] { "nothing" } }, "redo-invalid"),
            (new { names = new[] { "red.jpg" }, profile = "nobody" }, "profile-unknown"),
            (new { names = new[] { "gone.jpg" }, fields = new[] { "title" } }, "no-record"),
            (new { names = Array.Empty<string>() }, "names-invalid"),
            (new { names = new[] { "../prepared/x.jpg" } }, "name-invalid")])
        {
            var answer = await host.Client.PostAsJsonAsync("/api/redo", body, Cancel);
            var problem = await PageHost.ReadAsync<JsonElement>(answer);
            Assert.Equal(code, problem.GetProperty("code").GetString());
            Assert.NotEmpty(problem.GetProperty("remedy").GetString()!);
        }
    }

    [Fact]
    public async Task Events_PictureOnItsWay_TellStateDraftAndCard()
    {
        var isSeen = new TaskCompletionSource();
        var model = new ScriptedModel
        {
            Drafting = async (request, cancel) =>
            {
                request.Draft!.Set("en", "title", "A green m");
                await isSeen.Task.WaitAsync(cancel);
            },
        };
        await using var host = await PageHost.StartAsync(azurite, model);
        using var stream = await host.Client.GetStreamAsync("/api/events", Cancel);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await host.UploadAsync("red.jpg", TestPipeline.Picture(1));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? type = null;
        while (!(seen.Contains("state writing") && seen.Contains("draft") && seen.Contains("picture described")) && await reader.ReadLineAsync(Cancel) is { } line)
        {
            type = line.StartsWith("event: ", StringComparison.Ordinal) ? line["event: ".Length..] : type;
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                var data = JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..]);
                if (type == "draft")
                {
                    Assert.Contains("A green m", line, StringComparison.Ordinal);
                    isSeen.TrySetResult();
                }

                seen.Add(type == "draft" ? type : data.TryGetProperty("state", out var state) ? $"{type} {state}" : type!);
            }
        }

        Assert.Contains("state preparing", seen);
    }

    [Fact]
    public async Task Status_WorkersElsewhere_CountsTheirRecords()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel());
        await host.DescribeAsync("red.jpg", "blue.jpg");
        using var preparer = new ImagePreparer(new ImageOptions());
        await using var other = await CaptionerWeb.StartAsync(
            new(host.Storage, preparer, new(), model: null, BuiltInProfiles.Sample, TimeProvider.System),
            new() { Port = 0, IndexPath = Path.Combine(azurite.CreateFolder(), "index.db"), ListingInterval = TimeSpan.FromMilliseconds(100) },
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
            Cancel);
        using var client = new HttpClient { BaseAddress = other.Address };
        foreach (var page in (HttpClient[])[client, host.Client])
        {
            await Eventually.TrueAsync(
                async () => (await page.GetFromJsonAsync<ServerStatus>("/api/status", WebJson.Options, Cancel))!.Batch is { PicturesPerMinute: > 0, TokensPerSecond: > 0 }, "a rate");
        }
    }

    [Fact]
    public async Task Describe_FileNameOrAddress_AnswersWithARecordAndNothingElseIsFetched()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), works: false);
        await host.UploadAsync("shoes/red.jpg", TestPipeline.Picture(5));
        using var file = new MultipartFormDataContent { { new ByteArrayContent(TestPipeline.Picture(6)), "image", "mug.jpg" }, { new StringContent("sample"), "profile" } };
        var byFile = await PageHost.ReadAsync<JsonElement>(await host.Client.PostAsync("/api/describe", file, Cancel));
        Assert.Equal("described", byFile.GetProperty("status").GetString());
        foreach (var name in (string[])["shoes/red.jpg", host.Storage.Images.Uri + "/shoes/red.jpg"])
        {
            using var form = new MultipartFormDataContent { { new StringContent(name), "name" } };
            Assert.Equal(HttpStatusCode.OK, (await host.Client.PostAsync("/api/describe", form, Cancel)).StatusCode);
        }

        foreach (var foreign in (string[])["http://127.0.0.1:1/secret.jpg", "https://example.com/x.jpg", host.Storage.Prepared.Uri + "/x.jpg", host.Storage.Images.Uri + "/../other/x.jpg", "file:///etc/passwd"])
        {
            using var form = new MultipartFormDataContent { { new StringContent(foreign), "name" } };
            var refused = await host.Client.PostAsync("/api/describe", form, Cancel);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        using var broken = new MultipartFormDataContent { { new ByteArrayContent("no picture"u8.ToArray()), "image", "x.jpg" } };
        var rejected = await host.Client.PostAsync("/api/describe", broken, Cancel);
        Assert.Equal((HttpStatusCode)422, rejected.StatusCode);
        Assert.Equal("rejected", (await PageHost.ReadAsync<JsonElement>(rejected)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task OpenApi_DescribesEveryRouteOfTheApi()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        var document = JsonSerializer.Deserialize<JsonElement>(await host.Client.GetStringAsync("/openapi/v1.json", Cancel));
        var paths = document.GetProperty("paths").EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
        foreach (var path in (string[])["/api/describe", "/api/try", "/api/image", "/api/pictures", "/api/record", "/api/review", "/api/redo", "/api/export", "/api/export/preview", "/api/status", "/api/events",
            "/api/profiles", "/api/profile", "/api/profile/check", "/api/facets", "/api/thumbnail"])
        {
            Assert.All(paths[path].EnumerateObject(), o => Assert.NotEmpty(o.Value.GetProperty("summary").GetString()!));
        }

        Assert.Contains("swagger-ui", await host.Client.GetStringAsync("/openapi/index.html", Cancel), StringComparison.Ordinal);
    }

    private static async Task<PicturePage> ListAsync(PageHost host, string query) =>
        (await host.Client.GetFromJsonAsync<PicturePage>("/api/pictures?" + query, WebJson.Options, Cancel))!;
}
