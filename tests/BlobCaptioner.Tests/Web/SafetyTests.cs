using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Storage.Blobs.Specialized;
using BlobCaptioner.Images;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Web.Setup;
using Xunit;

namespace BlobCaptioner.Tests.Web;

public sealed class SafetyTests(AzuriteFixture azurite)
{
    private const string Token = "a-token-of-some-length";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("0.0.0.0", null, false, "--token")]
    [InlineData("192.0.2.1", null, false, "--token")]
    [InlineData("0.0.0.0", Token, false, null)]
    [InlineData("0.0.0.0", null, true, null)]
    [InlineData("127.0.0.1", null, false, null)]
    [InlineData("::1", null, false, null)]
    [InlineData("shop.example", null, false, "not an address")]
    public void Options_OtherThanLoopback_NeedATokenOrASignIn(string address, string? token, bool signIn, string? problem)
    {
        var options = new WebOptions { Address = address, Token = token, PlatformSignIn = signIn, IndexPath = "x" };
        var found = options.Validate(new(options)).Select(r => r.ErrorMessage!).ToList();
        Assert.Equal(problem is null, found.Count == 0);
        Assert.All(found, m => Assert.Contains(problem!, m, StringComparison.Ordinal));
        var weak = options with { Token = "short" };
        Assert.Throws<ValidationException>(() => Validator.ValidateObject(weak, new(weak), validateAllProperties: true));
    }

    [Fact]
    public async Task Start_Default_ListensOnLoopbackOnly()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        var others = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), Cancel)).Where(a => !IPAddress.IsLoopback(a) && a.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork).ToList();
        Assert.SkipWhen(others.Count == 0, "This machine has no other address than loopback.");
        using var other = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => other.GetAsync(new Uri($"http://{others[0]}:{host.Address.Port}/"), Cancel));
    }

    [Theory]
    [InlineData("GET", "/api/pictures", "Host", "evil.example", 421)]
    [InlineData("GET", "/", "Host", "evil.example:7860", 421)]
    [InlineData("GET", "/api/pictures", "Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("POST", "/api/redo", "Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("POST", "/api/redo", "Sec-Fetch-Site", "same-site", 403)]
    [InlineData("POST", "/api/redo", "Origin", "https://evil.example", 403)]
    [InlineData("POST", "/api/redo", "Origin", "null", 403)]
    [InlineData("DELETE", "/api/profile?name=mine", "Origin", "http://localhost:1", 403)]
    [InlineData("GET", "/api/pictures", "Sec-Fetch-Site", "same-origin", 200)]
    public async Task Request_FromElsewhere_IsRefused(string method, string path, string header, string value, int status)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.TryAddWithoutValidation(header, value);
        if (method == "POST")
        {
            request.Content = JsonContent.Create(new { names = new[] { "a.jpg" } });
        }

        Assert.Equal(status, (int)(await host.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Request_LinkFromAnotherSite_OpensThePageItself()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "cross-site");
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Mode", "navigate");
        Assert.Equal(HttpStatusCode.OK, (await host.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Token_MissingOrWrong_IsRefusedAndTheRightOneMakesACookie()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false, change: o => o with { Token = Token });
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Client.GetAsync("/", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Client.GetAsync("/api/status?token=wrong-token-of-length", Cancel)).StatusCode);
        using var bearer = new HttpRequestMessage(HttpMethod.Get, "/api/status");
        bearer.Headers.Authorization = new("Bearer", Token);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.SendAsync(bearer, Cancel)).StatusCode);

        using var plain = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = host.Address };
        var first = await plain.GetAsync("/?token=" + Token, Cancel);
        Assert.Equal((HttpStatusCode.Redirect, "/"), (first.StatusCode, first.Headers.Location!.ToString()));
        var cookie = first.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await plain.GetAsync("/api/status", Cancel)).StatusCode);
    }

    [Fact]
    public async Task PlatformSignIn_HeaderNamesThePersonWhoSigns()
    {
        await using var host = await PageHost.StartAsync(azurite, new ScriptedModel(), change: o => o with { PlatformSignIn = true });
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Client.GetAsync("/api/status", Cancel)).StatusCode);
        host.Client.DefaultRequestHeaders.Add("X-MS-CLIENT-PRINCIPAL-NAME", "ana@shop.example");
        await host.DescribeAsync("red.jpg");
        var seen = await host.RecordAsync("red.jpg");
        await host.ReviewAsync("red.jpg", seen.ETag!, "approved", "somebody else");
        Assert.Equal("ana@shop.example", BlobCaptioner.Records.RecordReview.Read((await host.Store.ReadAsync("red.jpg", Cancel))!.Record!.Review).By);
    }

    [Fact]
    public async Task Page_HasNoInlineScriptAndAStrictPolicy()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        var answer = await host.Client.GetAsync("/record?name=%3Cscript%3E", Cancel);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var html = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.DoesNotMatch("<script(?![^>]* src=)|\\son\\w+=|<style", html);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("DENY", answer.Headers.GetValues("X-Frame-Options").Single());
    }

    [Theory]
    [InlineData("../prepared/x.jpg")]
    [InlineData("a/../../x.jpg")]
    [InlineData("a//b.jpg")]
    [InlineData("./x.jpg")]
    [InlineData("a\\b.jpg")]
    [InlineData("a\nb.jpg")]
    [InlineData("_profiles/mine.json")]
    [InlineData("_captioner.json")]
    [InlineData("x.jpg.json")]
    [InlineData("")]
    public async Task Name_ThatLeavesTheContainerOrIsNoPicture_IsRefusedEverywhere(string name)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        var query = "?name=" + Uri.EscapeDataString(name);
        using var body = new ByteArrayContent(TestPipeline.Picture(1));
        foreach (var answer in (HttpResponseMessage[])[
            await host.Client.PutAsync("/api/image" + query, body, Cancel),
            await host.Client.GetAsync("/api/image" + query, Cancel),
            await host.Client.GetAsync("/api/thumbnail" + query, Cancel),
            await host.Client.GetAsync("/api/record" + query, Cancel)])
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        await foreach (var blob in host.Storage.Images.GetBlobsAsync(cancellationToken: Cancel))
        {
            Assert.Fail($"'{blob.Name}' was stored");
        }
    }

    [Fact]
    public async Task Upload_TooLarge_IsRefusedInIntakesWords()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false, images: new ImageOptions { MaxMegabytes = 1 });
        using var large = new ByteArrayContent(new byte[1_000_001]);
        var answer = await host.Client.PutAsync("/api/image?name=large.jpg", large, Cancel);
        var problem = await PageHost.ReadAsync<JsonElement>(answer);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "too-large"), (answer.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Contains("'large.jpg'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // Without a length the body is cut off as it comes.
        using var endless = new StreamContent(new MemoryStream(new byte[3_000_000]));
        endless.Headers.ContentLength = null;
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/image?name=large.jpg") { Content = endless };
        request.Headers.TransferEncodingChunked = true;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await host.Client.SendAsync(request, Cancel)).StatusCode);
        Assert.False(await host.Storage.Images.GetBlobClient("large.jpg").ExistsAsync(Cancel));
    }

    [Fact]
    public async Task Upload_NameTaken_IsKeptUnlessReplaced()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(host, "a.jpg", 1)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await PutAsync(host, "a.jpg", 2)).StatusCode);
        Assert.Equal(TestPipeline.Picture(1), await host.Client.GetByteArrayAsync("/api/image?name=a.jpg", Cancel));
        Assert.Equal(HttpStatusCode.OK, (await PutAsync(host, "a.jpg&replace=true", 2)).StatusCode);
        Assert.Equal(TestPipeline.Picture(2), await host.Client.GetByteArrayAsync("/api/image?name=a.jpg", Cancel));

        // Replacing would not help here.
        await host.Storage.Images.GetBlobClient("a.jpg").GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration, cancellationToken: Cancel);
        var leased = await PutAsync(host, "a.jpg&replace=true", 3);
        Assert.Equal(HttpStatusCode.BadGateway, leased.StatusCode);
        Assert.Contains("LeaseIdMissing", await leased.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("page.html", "<script>alert(1)</script>")]
    [InlineData("draw.svg", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")]
    [InlineData("none", "<script>alert(1)</script>")]
    public async Task Image_ThatABrowserWouldRun_IsDownloadedInASandbox(string name, string content)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        await host.UploadAsync(name, System.Text.Encoding.UTF8.GetBytes(content));
        var answer = await host.Client.GetAsync("/api/image?name=" + name, Cancel);
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Contains("sandbox", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PutAsync(PageHost host, string name, int seed)
    {
        using var body = new ByteArrayContent(TestPipeline.Picture(seed));
        return await host.Client.PutAsync("/api/image?name=" + name, body, Cancel);
    }
}
