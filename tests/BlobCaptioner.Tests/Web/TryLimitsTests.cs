using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Web.Setup;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Web;

/// <summary>How many pictures are tried at once, and how long a request may take.</summary>
public sealed class TryLimitsTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/describe")]
    [InlineData("/api/try")]
    public async Task Try_MoreThanRunAndWait_IsRefusedWithATimeAndTheRestAnswered(string path)
    {
        var go = new TaskCompletionSource();
        var model = new ScriptedModel { Script = (_, cancel) => go.Task.WaitAsync(cancel) };
        await using var host = await PageHost.StartAsync(azurite, model, works: false, change: o => o with { TryConcurrency = 2 });

        // Two in work, eight in line.
        var all = Enumerable.Range(0, 13).Select(_ => AskAsync(host, path)).ToList();
        var refused = new List<Task<HttpResponseMessage>>();
        while (refused.Count < 3)
        {
            var next = await Task.WhenAny(all.Except(refused));
            var answer = await next;
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                Assert.Equal(TimeSpan.FromSeconds(10), answer.Headers.RetryAfter!.Delta);
                Assert.Contains("2 pictures are tried at once and 8 wait", await DetailAsync(answer, "too-many-tries"), StringComparison.Ordinal);
                refused.Add(next);
            }
            else
            {
                // The two whose stream has begun.
                Assert.Equal(("/api/try", HttpStatusCode.OK), (path, answer.StatusCode));
                all.Remove(next);
            }
        }

        await Cli.Eventually.TrueAsync(() => Task.FromResult(model.Calls.Count == 2), "the model has both");
        go.SetResult();
        foreach (var answer in await Task.WhenAll(all.Except(refused)))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await answer.Content.ReadAsStringAsync(Cancel);
        }

        Assert.Equal(10, model.Calls.Count);
        Assert.Equal(2, model.MostRunning);
    }

    [Fact]
    public async Task Try_VisitorsGoAway_LeaveTheirPlaces()
    {
        var model = new ScriptedModel { Script = (_, cancel) => Task.Delay(Timeout.InfiniteTimeSpan, cancel) };
        await using var host = await PageHost.StartAsync(azurite, model, works: false, change: o => o with { TryConcurrency = 1 });
        for (var i = 1; i <= 3; i++)
        {
            using var visit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var asked = AskAsync(host, "/api/describe", visit.Token);
            await Cli.Eventually.TrueAsync(() => Task.FromResult(model.Calls.Count == i), "the model has it");
            await visit.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        }

        Assert.Equal(1, model.MostRunning);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Describe_ModelNeverAnswers_EndsAtItsTime(bool isObedient)
    {
        var (time, begun) = (new FakeTimeProvider(), new TaskCompletionSource());
        await using var host = await PageHost.StartAsync(azurite, Endless(begun, isObedient), works: false, change: o => o with { TryTimeout = TimeSpan.FromSeconds(90) }, time: time);
        var asked = AskAsync(host, "/api/describe");
        await begun.Task.WaitAsync(Cancel);
        time.Advance(TimeSpan.FromSeconds(89));
        Assert.False(asked.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        var answer = await asked;
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("longer than 90 s", await DetailAsync(answer, "try-timeout"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Try_ModelNeverAnswers_EndsTheStreamWithAnEvent(bool isObedient)
    {
        var (time, begun) = (new FakeTimeProvider(), new TaskCompletionSource());
        await using var host = await PageHost.StartAsync(azurite, Endless(begun, isObedient), works: false, time: time);
        var answer = await AskAsync(host, "/api/try");
        await begun.Task.WaitAsync(Cancel);
        time.Advance(new WebOptions { IndexPath = "x" }.TryTimeout);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("event: failed", text, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"try-timeout\"", text, StringComparison.Ordinal);
        Assert.Contains("longer than 300 s", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Try_UploadThatNeverEnds_EndsAtItsTimeAndGivesThePlaceBack()
    {
        var time = new FakeTimeProvider();
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), works: false, change: o => o with { TryConcurrency = 1 }, time: time);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", host.Address.Port, Cancel);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            "POST /api/describe HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Dis"u8.ToArray(), Cancel);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var asked = reader.ReadLineAsync(Cancel).AsTask();

        // The server may not have seen the request yet: its time begins when it has.
        await Cli.Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return Task.FromResult(asked.IsCompleted);
            },
            "given up");
        Assert.Equal("HTTP/1.1 504 Gateway Timeout", await asked);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(host, "/api/describe")).StatusCode);
    }

    [Theory]
    [InlineData("/api/export?format=csv")]
    [InlineData("/api/export/preview?format=csv")]
    public async Task Export_StorageNeverAnswers_EndsAtItsTime(string path)
    {
        var time = new FakeTimeProvider();
        using var transport = new StuckTransport();
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false, time: time, transport: transport);
        transport.IsStuck = true;
        var asked = host.Client.GetAsync(path, Cancel);
        await Cli.Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(10));
                return Task.FromResult(asked.IsCompleted);
            },
            "given up");
        var answer = await asked;
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Contains("longer than 3600 s", await DetailAsync(answer, "export-timeout"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("question", "What\0?")]
    [InlineData("name", "a\0.jpg")]
    [InlineData("profile", "\0")]
    [InlineData("tokens", "NaN")]
    [InlineData("profileJson", "{\"name\":null}")]
    public async Task Try_FieldThatIsNoText_IsABadRequest(string field, string value)
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), works: false);
        using var form = new MultipartFormDataContent { { new StringContent(value), field } };
        if (field != "name")
        {
            form.Add(new ByteArrayContent(TestPipeline.Picture(1)), "image", "x.jpg");
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await host.Client.PostAsync("/api/try", form, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Try_FormOfManyFieldsOrCut_IsABadRequest()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), works: false);
        using var many = new MultipartFormDataContent();
        for (var i = 0; i < 17; i++)
        {
            many.Add(new StringContent("x"), $"f{i}");
        }

        var answer = await host.Client.PostAsync("/api/describe", many, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("16", await DetailAsync(answer, "form-invalid"), StringComparison.Ordinal);

        using var cut = new StringContent("--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"x\"\r\n\r\nabc", Encoding.ASCII);
        cut.Headers.ContentType = new("multipart/form-data") { Parameters = { new("boundary", "b") } };
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Client.PostAsync("/api/describe", cut, Cancel)).StatusCode);
    }

    private static ScriptedModel Endless(TaskCompletionSource begun, bool isObedient) => new()
    {
        Script = (_, cancel) =>
        {
            begun.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, isObedient ? cancel : CancellationToken.None);
        },
    };

    private static async Task<HttpResponseMessage> AskAsync(PageHost host, string path, CancellationToken? cancel = null)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(TestPipeline.Picture(1)), "image", "x.jpg" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = form };
        return await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel ?? Cancel);
    }

    private static async Task<string> DetailAsync(HttpResponseMessage answer, string code)
    {
        var problem = await PageHost.ReadAsync<JsonElement>(answer);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.NotEmpty(problem.GetProperty("remedy").GetString()!);
        return problem.GetProperty("detail").GetString()!;
    }

    /// <summary>A storage that, from some time on, never answers.</summary>
    private sealed class StuckTransport : HttpClientTransport
    {
        public bool IsStuck { get; set; }

        public override async ValueTask ProcessAsync(HttpMessage message)
        {
            if (IsStuck)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, message.CancellationToken);
            }

            await base.ProcessAsync(message);
        }
    }
}
