using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Remote;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

/// <summary>Servers that redirect, send without end or ask to wait a day: at start-up and for a picture.</summary>
public sealed class ServerLimitsTests
{
    private static readonly PreparedImage Picture = new() { Name = "shoes/red.jpg", Jpeg = new byte[] { 0xFF, 0xD8, 1, 2, 3 } };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_ToAnotherHost_GetsNeitherPictureNorQuestion(int status)
    {
        await using var other = await StubServer.StartAsync();
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Refuse(status, "", "moved", ("Location", $"{other.Address}v1/chat/completions?sig=secret"));
        server.Then(server.Otherwise, server.Otherwise);
        await using var model = RemoteCaptionModel.Create(server.Options());
        foreach (var error in (CaptionException[])[
            await Assert.ThrowsAsync<CaptionException>(() => model.CheckAsync(Cancel)),
            await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel))])
        {
            Assert.Equal(("server-redirects", true, false), (error.Code, error.Retry, error.IsFinal));
            Assert.Contains($"redirects (HTTP {status}) to http://{other.Address.Authority}. ", error.Message, StringComparison.Ordinal);
            Assert.Contains("Remote:Endpoint", error.Remedy, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }

        Assert.Empty(other.Requests);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("file:///etc/passwd", "file://")]
    [InlineData("ftp://files.example/x", "ftp://files.example")]
    [InlineData("/v2/models", "another path of the same host")]
    [InlineData(null, "an address that it doesn't give")]
    public async Task Check_RedirectOfAnyKind_EndsWithOneLine(string? location, string says)
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(302, "", "moved", location is null ? [] : [("Location", location)]));
        await using var model = RemoteCaptionModel.Create(server.Options());
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.CheckAsync(Cancel));
        Assert.Equal("server-redirects", error.Code);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_AnswerWithoutEnd_IsCutAtTheLimitAndNotAskedAgain()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Flood, StubServer.Flood);
        await using var model = RemoteCaptionModel.Create(server.Options());
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.CheckAsync(Cancel));
        Assert.Equal("server-endless", error.Code);
        Assert.Contains("8,000,000 bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, model.Totals().Retries);
    }

    [Fact]
    public async Task Check_AnswerThatDripsForEver_EndsAtTheTimeForTheStart()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Hang;
        server.Then(StubServer.Refuse(503, "", "loading the weights"), StubServer.Hang);
        var time = new TimerWatch();
        await using var model = RemoteCaptionModel.Create(
            server.Options(o => (o.Timeout, o.StartTimeout, o.RetryDelay, o.MaxRetryDelay) =
                (TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20))),
            timeProvider: time);
        var check = model.CheckAsync(Cancel);
        await time.WaitAsync(due => due > TimeSpan.Zero && due <= TimeSpan.FromSeconds(20), Cancel);
        time.Advance(TimeSpan.FromSeconds(20));
        await time.WaitAsync(due => due == TimeSpan.FromMinutes(10), Cancel);
        time.Advance(TimeSpan.FromSeconds(25));
        var error = await Assert.ThrowsAsync<CaptionException>(() => check);
        Assert.Equal("server-timeout", error.Code);
        Assert.Contains("45 s in all", error.Message, StringComparison.Ordinal);
        Assert.Contains("HTTP 503: loading the weights", error.Message, StringComparison.Ordinal);
        Assert.Contains("Remote:StartTimeout", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Check_RetryAfterOfADay_EndsAtOnceAndSaysSo(int status)
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(status, "", "later", ("Retry-After", "86400")));
        await using var model = RemoteCaptionModel.Create(server.Options());
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.CheckAsync(Cancel));
        Assert.Equal("server-busy", error.Code);
        Assert.Contains("asks to wait 86,400 s; the start waits at most 120 s", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, model.Totals().Retries);
    }

    [Fact]
    public async Task Check_ServerThatLoadsFirst_IsWaitedFor()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(503, "", "loading"), StubServer.Refuse(503, "", "loading"));
        await using var model = RemoteCaptionModel.Create(server.Options());
        await model.CheckAsync(Cancel);
        Assert.Equal(2, model.Totals().Retries);
    }
}
