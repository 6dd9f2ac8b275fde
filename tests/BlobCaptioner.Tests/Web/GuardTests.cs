using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using BlobCaptioner.Tests.LocalStack;
using BlobCaptioner.Tests.Pipeline;
using BlobCaptioner.Web.Setup;
using Xunit;

namespace BlobCaptioner.Tests.Web;

/// <summary>Spellings that mean the same: of paths, addresses and hosts, and values that are no text.</summary>
public sealed class GuardTests(AzuriteFixture azurite)
{
    private const string Token = "a-token-of-some-length";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/api/export?format=csv")]
    [InlineData("/API/export?format=csv")]
    [InlineData("/Api/pictures")]
    [InlineData("/%61pi/pictures")]
    [InlineData("/%41PI/status")]
    public async Task Navigation_FromAnotherSiteToTheApi_IsRefusedInAnySpelling(string path)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address + path[1..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "cross-site");
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Mode", "navigate");
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("/api/nothing")]
    [InlineData("/API/nothing")]
    public async Task Path_ThatTheApiLacks_IsNotFoundInAnySpelling(string path)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.GetAsync(path, Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("//evil.example/x", "/evil.example/x")]
    [InlineData("///evil.example", "/evil.example")]
    [InlineData("/\\evil.example", "/%5Cevil.example")]
    [InlineData("/%5Cevil.example", "/%5Cevil.example")]
    [InlineData("/%5C%5Cevil.example", "/%5C%5Cevil.example")]
    [InlineData("/record", "/record")]
    [InlineData("/", "/")]
    public async Task Token_InAnAddress_LeadsToAPathOfThisHostOnly(string path, string location)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false, change: o => o with { Token = Token });
        var head = await RawAsync(host.Address, $"GET {path}?token={Token} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        var target = head.Split("\r\n").Single(l => l.StartsWith("Location: ", StringComparison.Ordinal))["Location: ".Length..];
        Assert.Equal(location, target);
        Assert.Equal("localhost", new Uri(new Uri("http://localhost/"), target).Host);
    }

    [Theory]
    [InlineData("text=%00")]
    [InlineData("text=mug%00")]
    [InlineData("flag=%00")]
    [InlineData("language=%00")]
    [InlineData("folder=%00")]
    [InlineData("state=%00")]
    [InlineData("sort=%00")]
    [InlineData("%00=x")]
    [InlineData("text=%1B%5B2J")]
    public async Task Pictures_ControlCharacterInAnyFilter_IsABadRequest(string query)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        await RefusesAsync(await host.Client.GetAsync("/api/pictures?" + query, Cancel));
    }

    [Theory]
    [InlineData("/api/image?name=a%00.jpg")]
    [InlineData("/api/image?name=a%EF%BF%BE.jpg")]
    [InlineData("/api/thumbnail?name=a.jpg&v=%00")]
    [InlineData("/api/record?name=%00")]
    [InlineData("/api/profile?name=%00")]
    [InlineData("/api/export?format=%00")]
    [InlineData("/api/export?format=csv&language=%00")]
    [InlineData("/api/export?format=csv&folder=%00")]
    [InlineData("/api/export?format=csv&baseUrl=https://x.example/%00")]
    [InlineData("/api/export/preview?format=csv&language=%00")]
    [InlineData("/api/export/preview?format=csv&rows=x")]
    [InlineData("/api/pictures?limit=99999999999999")]
    [InlineData("/api/record")]
    public async Task Query_ThatIsNoTextOrNumber_IsABadRequest(string path)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        await RefusesAsync(await host.Client.GetAsync(path, Cancel));
    }

    [Fact]
    public async Task Pictures_TabsAndLinesBetweenWords_AreSpaces()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/api/pictures?text=red%09mug%0Agreen", Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("PATCH", "/api/record?name=a.jpg", """{"eTag":"x","changes":[null]}""", "changes")]
    [InlineData("PATCH", "/api/record?name=a.jpg", """{"eTag":"x","changes":null}""", "changes")]
    [InlineData("PATCH", "/api/record?name=a.jpg", """{"eTag":null,"changes":[]}""", "eTag")]
    [InlineData("PATCH", "/api/record?name=a.jpg", """{"eTag":"x","changes":[{"field":null,"value":"x"}]}""", "field")]
    [InlineData("PATCH", "/api/record?name=a.jpg", """{"eTag":"x","changes":[{"value":"x"}]}""", "field")]
    [InlineData("PATCH", "/api/record?name=a.jpg", """{"eTag":"x","changes":[[]]}""", "changes")]
    [InlineData("PATCH", "/api/record?name=a.jpg", "null", "")]
    [InlineData("PATCH", "/api/record?name=a.jpg", "", "")]
    [InlineData("PATCH", "/api/record?name=a.jpg", """{"eTag":"\ud800","changes":[]}""", "")]
    [InlineData("POST", "/api/review?name=a.jpg", """{"eTag":"x","state":null}""", "state")]
    [InlineData("POST", "/api/review?name=a.jpg", """{"state":"open"}""", "eTag")]
    [InlineData("POST", "/api/redo", """{"names":[null]}""", "names")]
    [InlineData("POST", "/api/redo", """{"names":null}""", "names")]
    [InlineData("POST", "/api/redo", """{"names":["a.jpg"],"fields":[null]}""", "fields")]
    [InlineData("POST", "/api/redo", """{"names":["a.jpg"],"languages":[null]}""", "languages")]
    [InlineData("POST", "/api/redo", """{"names":["a.jpg"],"languages":null}""", "languages")]
    [InlineData("POST", "/api/redo", """{"names":["a.jpg"],"profile":"\u0000"}""", "")]
    [InlineData("POST", "/api/redo", """{"names":["a\u0000.jpg"]}""", "")]
    [InlineData("POST", "/api/profile/check", """{"json":null}""", "json")]
    [InlineData("PUT", "/api/profile?name=mine", """{"json":null}""", "json")]
    [InlineData("PUT", "/api/profile?name=mine", """{"json":"null"}""", "")]
    public async Task Body_WithNullsOrNoText_IsABadRequestThatNamesTheProperty(string method, string path, string body, string names)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        using var request = new HttpRequestMessage(new(method), path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        Assert.Contains(names, await RefusesAsync(await host.Client.SendAsync(request, Cancel)), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Redo_ManyFields_AreRefusedBeforeAnyRecordIsRead()
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        var body = JsonSerializer.Serialize(new { names = new[] { "a.jpg" }, fields = Enumerable.Range(0, 201).Select(i => $"f{i}") });
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        Assert.Contains("201 fields", await RefusesAsync(await host.Client.PostAsync("/api/redo", content, Cancel)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("::FFFF:7F00:1", true)]
    [InlineData("::ffff:127.0.0.2", true)]
    [InlineData("0:0:0:0:0:0:0:1", true)]
    [InlineData("[::1]", true)]
    [InlineData("LocalHost", true)]
    [InlineData("127.1", true)]
    [InlineData("::", false)]
    [InlineData("::ffff:0.0.0.0", false)]
    [InlineData("::ffff:192.0.2.1", false)]
    public void Options_SpellingsOfAddresses_AreLoopbackOrNeedAToken(string address, bool isLoopback)
    {
        var options = new WebOptions { Address = address, IndexPath = "x" };
        Assert.Equal(isLoopback, options.IsLoopback);
        Assert.Equal(isLoopback, !options.Validate(new(options)).Any());
    }

    [Theory]
    [InlineData("::ffff:127.0.0.1", "localhost")]
    [InlineData("0:0:0:0:0:0:0:1", "[::1]")]
    [InlineData("LOCALHOST", "localhost")]
    [InlineData("127.0.0.2", "127.0.0.2")]
    public async Task Start_SpellingOfLoopback_ServesThePage(string address, string printed)
    {
        Assert.SkipWhen(printed.StartsWith('[') && !Socket.OSSupportsIPv6, "This machine has no IPv6.");
        Assert.SkipWhen(address == "127.0.0.2" && OperatingSystem.IsMacOS(), "macOS has 127.0.0.1 only.");
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false, change: o => o with { Address = address });
        Assert.Equal(printed, host.Address.Host);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/api/status", Cancel)).StatusCode);
    }

    [Theory]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("[0:0:0:0:0:0:0:1]", HttpStatusCode.OK)]
    [InlineData("[::ffff:127.0.0.1]", HttpStatusCode.OK)]
    [InlineData("[::ffff:192.0.2.1]", HttpStatusCode.MisdirectedRequest)]
    [InlineData("192.0.2.1", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost.evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("127.0.0.1.evil.example", HttpStatusCode.MisdirectedRequest)]
    public async Task Host_OnlyLoopbackInAnySpelling_IsKnown(string name, HttpStatusCode status)
    {
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/status");
        request.Headers.Host = name;
        Assert.Equal(status, (await host.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task Folder_NamesWithEmoji_AreListedAndNoOtherFolderIs()
    {
        string[] names = ["🎒/🧢.jpg", "🎒/a.jpg", "🎒/Ω/\U0010FFFD.jpg", "🎒0/x.jpg", "🎓/y.jpg", "a/b.jpg"];
        await using var host = await PageHost.StartAsync(azurite, model: null, works: false);
        foreach (var name in names)
        {
            await host.UploadAsync(name, TestPipeline.Picture(1));
        }

        await Cli.Eventually.TrueAsync(async () => (await ListAsync(host, "")).Count == names.Length, "all listed");
        Assert.Equal(names[..3].Order(StringComparer.Ordinal), (await ListAsync(host, "🎒/")).Order(StringComparer.Ordinal));
        Assert.Equal(names[..3].Order(StringComparer.Ordinal), (await ListAsync(host, "🎒")).Order(StringComparer.Ordinal));
        Assert.Equal(["🎒/Ω/\U0010FFFD.jpg"], await ListAsync(host, "🎒/Ω/"));
        Assert.Equal(["🎓/y.jpg"], await ListAsync(host, "🎓/"));
    }

    private static async Task<List<string>> ListAsync(PageHost host, string folder)
    {
        var page = JsonSerializer.Deserialize<JsonElement>(await host.Client.GetStringAsync("/api/pictures?folder=" + Uri.EscapeDataString(folder), Cancel));
        return [.. page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString()!)];
    }

    private static async Task<string> RefusesAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{answer.StatusCode}: {text}");
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.NotEmpty(problem.GetProperty("code").GetString()!);
        Assert.NotEmpty(problem.GetProperty("remedy").GetString()!);
        return problem.GetProperty("detail").GetString()!;
    }

    // HttpClient would tidy the path up.
    private static async Task<string> RawAsync(Uri address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", address.Port, Cancel);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancel);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(Cancel);
    }
}
