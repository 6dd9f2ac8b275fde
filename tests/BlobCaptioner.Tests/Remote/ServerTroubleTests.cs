using Azure.Identity;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.Remote;
using Xunit;

namespace BlobCaptioner.Tests.Remote;

/// <summary>Servers that are busy, broken, slow, gone, or won't have a picture.</summary>
public sealed class ServerTroubleTests
{
    private static readonly PreparedImage Picture = new() { Name = "shoes/red.jpg", Jpeg = new byte[] { 0xFF, 0xD8, 1, 2, 3 } };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_BusyWithRetryAfter_WaitsThatLongAndNoLess()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(429, "rate_limit_exceeded", "slow down", ("Retry-After", "37")));
        var time = new TimerWatch();
        await using var model = RemoteCaptionModel.Create(server.Options(), timeProvider: time);
        var caption = model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel);
        var wait = await time.WaitAsync(due => due >= TimeSpan.FromSeconds(30) && due < TimeSpan.FromSeconds(60), Cancel);
        Assert.InRange(wait.TotalSeconds, 37, 37 * 1.1);
        Assert.Single(server.Requests);
        time.Advance(TimeSpan.FromSeconds(36.9));
        Assert.False(caption.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("mug", (await caption.WaitAsync(TimeSpan.FromSeconds(60), Cancel)).Fields[0].Value);
        Assert.Equal((2L, 1L), (model.Totals().Requests, model.Totals().Retries));
    }

    [Fact]
    public async Task Describe_RetryAfterBeyondTheLimit_WaitsTheLimit()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(503, "", "later", ("Retry-After", "86400")));
        var time = new TimerWatch();
        await using var model = RemoteCaptionModel.Create(server.Options(o => o.MaxRetryAfter = TimeSpan.FromSeconds(40)), timeProvider: time);
        var caption = model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel);
        await time.WaitAsync(due => due >= TimeSpan.FromSeconds(40) && due <= TimeSpan.FromSeconds(44), Cancel);
        time.Advance(TimeSpan.FromSeconds(45));
        await caption.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Describe_FailuresThatPass_AreRetriedUntilItAnswers()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Refuse(503, "", "loading"), StubServer.Cut, StubServer.Refuse(500, "", "oops"), StubServer.Refuse(429, "", "busy"));
        await using var model = RemoteCaptionModel.Create(server.Options());
        Assert.Equal("mug", (await model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel)).Fields[0].Value);
        Assert.Equal((5, 4L, 0L), (server.Requests.Count, model.Totals().Retries, model.Totals().Repairs));
    }

    [Fact]
    public async Task Describe_ServerHangs_IsBrokenOffAtTheTimeoutAndAskedAgain()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Hang);
        var time = new TimerWatch();
        await using var model = RemoteCaptionModel.Create(server.Options(o => (o.Timeout, o.RetryDelay, o.MaxRetryDelay) = (TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20))), timeProvider: time);
        var caption = model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel);
        await time.WaitAsync(due => due == TimeSpan.FromSeconds(90), Cancel);
        await server.CameAsync(Cancel);
        time.Advance(TimeSpan.FromSeconds(90));
        await time.WaitAsync(due => due > TimeSpan.Zero && due <= TimeSpan.FromSeconds(20), Cancel);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("mug", (await caption.WaitAsync(TimeSpan.FromSeconds(60), Cancel)).Fields[0].Value);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(429, "server-busy")]
    [InlineData(503, "server-failed")]
    [InlineData(500, "server-failed")]
    public async Task Describe_TroubleStays_GivesUpAfterTheRetriesAndAllowsAnotherTry(int status, string code)
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Refuse(status, "", "no");
        await using var model = RemoteCaptionModel.Create(server.Options(o => o.MaxRetries = 2));
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel));
        Assert.Equal((code, true, false), (error.Code, error.Retry, error.IsFinal));
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(400, "content_filter", "The response was filtered", "content-filtered")]
    [InlineData(400, "invalid_image_format", "You uploaded an unsupported image.", "server-image-refused")]
    [InlineData(400, "", "cannot identify image file <_io.BytesIO object>", "server-image-refused")]
    [InlineData(400, "", "Failed to load image or audio file", "server-image-refused")]
    [InlineData(413, "", "too large", "server-image-refused")]
    [InlineData(400, "context_length_exceeded", "This model's maximum context length is 4096 tokens", "context-too-small")]
    public async Task Describe_PictureIsRefused_IsNotSentAgain(int status, string serverCode, string message, string code)
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Refuse(status, serverCode, message);
        await using var model = RemoteCaptionModel.Create(server.Options());
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel));
        Assert.Equal((code, false), (error.Code, error.Retry));
        Assert.Contains("'shoes/red.jpg'", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Describe_FilteredOrRefusedInTheAnswer_IsNotAskedAgain()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Answer("", "content_filter"), StubServer.Answer(content: null, refusal: "I can't help with that."));
        await using var model = RemoteCaptionModel.Create(server.Options());
        foreach (var code in (string[])["content-filtered", "model-refused"])
        {
            var error = await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel));
            Assert.Equal((code, false), (error.Code, error.Retry));
        }

        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(401, "server-sign-in")]
    [InlineData(404, "server-no-model")]
    [InlineData(400, "server-refused")]
    public async Task Describe_ServerIsSetUpWrongly_BlamesNoPictureAndAsksOnce(int status, string code)
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Refuse(status, "", "schema not supported");
        await using var model = RemoteCaptionModel.Create(server.Options());
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel));
        Assert.Equal((code, true), (error.Code, error.Retry));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Describe_NobodyListens_SaysWhereAndAllowsAnotherTry()
    {
        Uri gone;
        await using (var server = await StubServer.StartAsync())
        {
            gone = server.Address;
        }

        await using var model = RemoteCaptionModel.Create(new() { Endpoint = gone, Model = "m", MaxRetries = 1, RetryDelay = TimeSpan.FromMilliseconds(1) });
        var error = await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel));
        Assert.Equal(("server-unreachable", true), (error.Code, error.Retry));
        Assert.Contains(gone.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal("server-unreachable", (await Assert.ThrowsAsync<CaptionException>(() => model.CheckAsync(Cancel))).Code);
    }

    [Fact]
    public void Fault_IdentityGetsNoToken_IsASignInProblemAndNotTheModelsAnswer()
    {
        var fault = ServerFault.Of(new CredentialUnavailableException("no identity here"), DateTimeOffset.UnixEpoch);
        var error = ServerErrors.From(fault!, "a.jpg", new() { Endpoint = new("https://shop.openai.azure.com"), UseManagedIdentity = true });
        Assert.Equal(("server-sign-in", true, false), (error.Code, error.Retry, error.IsFinal));
        Assert.Contains("Cognitive Services OpenAI User", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_WhateverHappens_IsSentAndStandsInNoLogAndNoError()
    {
        const string Key = "sk-very-secret-0123456789";
        await using var server = await StubServer.StartAsync();
        server.Then(
            StubServer.Refuse(503, "", "loading"), StubServer.Answer("no JSON"), StubServer.NoChoice(), StubServer.Refuse(401, "invalid_api_key", $"Incorrect API key provided: {Key}"));
        using var log = new LogLines();
        await using var model = RemoteCaptionModel.Create(server.Options(o => o.ApiKey = Key), log);
        var errors = new[]
        {
            await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel)),
            await Assert.ThrowsAsync<CaptionException>(() => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel)),
        };
        Assert.Equal(["bad-answer", "server-sign-in"], errors.Select(e => e.Code));
        Assert.All(server.Keys, key => Assert.Equal($"Bearer {Key}", key));
        Assert.All(errors, e => Assert.DoesNotContain("very-secret", e.ToString() + e.Remedy, StringComparison.Ordinal));
        Assert.Contains("retry 1 of 4", log.Text, StringComparison.Ordinal);
        Assert.Contains("asked for again", log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("very-secret", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_CallerGivesUp_OnlyThatPictureIsCancelled()
    {
        await using var server = await StubServer.StartAsync();
        server.Then(StubServer.Hang);
        await using var model = RemoteCaptionModel.Create(server.Options());
        using var giveUp = new CancellationTokenSource();
        var given = model.DescribeAsync(Picture, BuiltInProfiles.Sample, giveUp.Token);
        await server.CameAsync(Cancel);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        Assert.Equal("mug", (await model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel)).Fields[0].Value);
    }

    [Fact]
    public async Task Dispose_PicturesUnderWayAndWaiting_AllowAnotherTry()
    {
        await using var server = await StubServer.StartAsync();
        server.Otherwise = StubServer.Hang;
        var model = RemoteCaptionModel.Create(server.Options(o => o.Concurrency = 1));
        var callers = Enumerable.Range(0, 3).Select(_ => model.DescribeAsync(Picture, BuiltInProfiles.Sample, Cancel)).ToArray();
        await server.CameAsync(Cancel);
        await model.DisposeAsync();
        foreach (var caller in callers)
        {
            var error = await Assert.ThrowsAsync<CaptionException>(() => caller);
            Assert.Equal(("stopping", true), (error.Code, error.Retry));
        }
    }
}
