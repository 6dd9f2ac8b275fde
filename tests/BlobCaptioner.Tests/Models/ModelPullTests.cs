using BlobCaptioner.Models;
using Xunit;

namespace BlobCaptioner.Tests.Models;

/// <summary>Pulls from a server that cuts, stalls, redirects, lies and serves wrong bytes.</summary>
public sealed class ModelPullTests : IAsyncLifetime
{
    private readonly PullBench _bench = new();

    private FileServer Server => _bench.Server;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Ensure_HonestServer_PullsEachWithOneRequestAndNeverTwice()
    {
        var paths = await _bench.PullAsync();
        Assert.Equal((Path.Combine(_bench.Folder, "text.gguf"), Path.Combine(_bench.Folder, "vision.gguf")), (paths.Text, paths.Vision));
        Assert.True(_bench.IsWhole());
        Assert.Null(Assert.Single(_bench.TextRequests).From);
        Assert.Equal((PullBench.TextBytes, PullBench.TextBytes), _bench.Progress.Where(p => p.File == "text.gguf").Select(p => ((int)p.PresentBytes, (int)p.CheckedBytes)).Last());
        var requests = Server.Requests.Count;
        Assert.Equal(paths, await _bench.PullAsync());
        Assert.Equal(requests, Server.Requests.Count);
        Assert.Equal(paths, _bench.Directory.Find("small"));
    }

    [Fact]
    public async Task Ensure_ConnectionsAreCut_AsksForTheRestOnly()
    {
        Server.Answer = r => r.Number < 3 ? Server.Proper(r).CutAfter(200_000) : Server.Proper(r);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal([null, 200_000, 400_000], _bench.TextRequests.Select(r => r.From));
        Assert.All(_bench.TextRequests.Skip(1), r => Assert.Equal((Server.Tag, PullBench.TextBytes - 1L), (r.Headers["if-range"], r.To)));
        Assert.Empty(_bench.Notices);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Ensure_CutAtRandomPlaces_AsksFromTheFirstMissingByteEachTime(int seed)
    {
#pragma warning disable CA5394 // where connections break
        var random = new Random(seed);
        List<long> cuts = [0];
        Server.Answer = r =>
        {
            var answer = Server.Proper(r);
            if (r.Path != PullBench.Text || answer.Body.Length < 100_000 || cuts.Count > 20)
            {
                return answer;
            }

            var sent = random.Next(90_000);
            cuts.Add(cuts[^1] + sent);
            return answer.CutAfter(sent);
        };
#pragma warning restore CA5394
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal(cuts, _bench.TextRequests.Select(r => r.From ?? 0));
        Assert.Equal((PullBench.TextBytes, PullBench.TextBytes), _bench.Progress.Where(p => p.File == "text.gguf").Select(p => ((int)p.PresentBytes, (int)p.CheckedBytes)).Last());
    }

    [Fact]
    public async Task Ensure_ServerStalls_GivesTheConnectionUpAndGoesOn()
    {
        Server.Answer = r => r.Number == 1 ? Server.Proper(r) with { Body = Server.Proper(r).Body[..100], Hold = Server.Forever } : Server.Proper(r);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Contains(_bench.Notices, n => n.Contains("sent less than 64 KiB in 30 seconds", StringComparison.Ordinal));
        Assert.Equal([null, 100], _bench.TextRequests.Select(r => r.From));
    }

    [Fact]
    public async Task Ensure_ServerDripsByteByByte_CountsAsStalled()
    {
        Server.Answer = r => r.Number == 1 ? Server.Proper(r) with { Drip = over => Task.Delay(TimeSpan.FromSeconds(10), _bench.Time, over) } : Server.Proper(r);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Contains(_bench.Notices, n => n.Contains("sent less than 64 KiB in 30 seconds", StringComparison.Ordinal));
        Assert.InRange(_bench.TextRequests[1].From ?? 0, 0, 10);
    }

    [Fact]
    public async Task Ensure_TimeForThePullIsOver_GivesUpKeepsWhatCameAndSaysHowToGoOn()
    {
        _bench.Options = _bench.Options with { Attempts = 100, Timeout = TimeSpan.FromMinutes(3) };
        Server.Answer = r => r.Number == 1 ? Server.Proper(r).CutAfter(65_536) : Server.Proper(r) with { Body = default, Hold = Server.Forever };
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("'small' could not be pulled within 3 minutes.", error.Message, StringComparison.Ordinal);
        Assert.Contains("--timeout", error.Message, StringComparison.Ordinal);
        Assert.Equal(FileState.Partial, _bench.Directory.Look(_bench.TextFile).State);
        Server.Answer = Server.Proper;
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal(65_536, _bench.TextRequests[^1].From);
    }

    [Fact]
    public async Task Ensure_NeverAnswers_GivesUpAndSaysWhatIsKept()
    {
        _bench.Options = _bench.Options with { Attempts = 2 };
        Server.Answer = r => r.Number == 1 ? Server.Proper(r).CutAfter(65_536) : Server.Proper(r) with { Body = default, Hold = Server.Forever };
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("65,536 of 1,000,003 bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("pull again", error.Message, StringComparison.Ordinal);
        Assert.Equal(FileState.Partial, _bench.Directory.Look(_bench.TextFile).State);
        Assert.Null(_bench.Directory.Find("small"));
        Assert.Equal(3, Server.Requests.Count);
    }

    [Fact]
    public async Task Ensure_EachConnectionBreaksAtTheSamePlace_GivesUp()
    {
        _bench.Options = _bench.Options with { Attempts = 3 };
        Server.Answer = r => Server.Proper(r with { From = null, To = null }).CutAfter(500_000);
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("500,000 of 1,000,003 bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, Server.Requests.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Ensure_Busy_WaitsAsLongAsTheServerAsks(int status)
    {
        Server.Answer = r => r.Number == 1 ? new ServedAnswer { Status = status, Length = 0 }.With("Retry-After", "17") : Server.Proper(r);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Contains(_bench.Notices, n => n.Contains($"{status}", StringComparison.Ordinal) && n.Contains("in 17 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ensure_AskedToWaitForHours_SaysSoInstead()
    {
        Server.Answer = _ => new ServedAnswer { Status = 429, Length = 0 }.With("Retry-After", "7200");
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("120 minutes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "has no 'text.gguf'")]
    [InlineData(403, "HF_TOKEN")]
    [InlineData(401, "HF_TOKEN")]
    [InlineData(416, "shorter")]
    [InlineData(418, "418")]
    public async Task Ensure_Refused_GivesUpAtOnceAndSaysTheWayOut(int status, string words)
    {
        Server.Answer = _ => new() { Status = status, Length = 0 };
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("another source or mirror", error.Message, StringComparison.Ordinal);
        Assert.Single(Server.Requests);
    }

    [Fact]
    public async Task Ensure_NobodyListens_SaysWhoCannotBeReached()
    {
        _bench.Options = _bench.Options with { Mirror = "http://127.0.0.1:1/{file}", Attempts = 2 };
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("127.0.0.1 can't be reached", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ensure_ServerWithoutRangesCuts_StartsOver()
    {
        Server.Answer = r => Server.Proper(r with { From = null, To = null }) is var whole && r.Number is 1 or 2 ? whole.CutAfter(500_000) : whole;
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Contains(_bench.Notices, n => n.Contains("trying again", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("shifted")]
    [InlineData("longer")]
    [InlineData("nonsense")]
    [InlineData("absent")]
    [InlineData("short-body")]
    [InlineData("long-body")]
    public async Task Ensure_ServerLiesAboutRanges_TakesTheWholeFileInstead(string lie)
    {
        Server.Answer = r =>
        {
            var answer = Server.Proper(r);
            if (r is not { From: { } from, To: { } to })
            {
                return r.Number == 1 ? answer.CutAfter(300_000) : answer;
            }

            return lie switch
            {
                "shifted" => answer.With("Content-Range", $"bytes {from + 1}-{to}/{PullBench.TextBytes}"),
                "longer" => answer.With("Content-Range", $"bytes {from}-{to + 100}/{PullBench.TextBytes}"),
                "nonsense" => answer.With("Content-Range", "some"),
                "absent" => answer.With("Content-Range", value: null),
                "short-body" => answer with { Body = answer.Body[..10], Length = 10 },
                _ => answer with { Body = Server.Files[r.Path], Length = null },
            };
        };
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal([null, 300_000, null], _bench.TextRequests.Select(r => r.From));
    }

    [Fact]
    public async Task Ensure_ServerSendsLessThanAskedFor_AsksForTheRest()
    {
        Server.Answer = r => r.Number == 1 ? Server.Proper(r).CutAfter(900_000)
            : r.To - r.From > 20_000 ? Server.Proper(r with { To = r.From + 19_999 })
            : Server.Proper(r);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal([null, 900_000, 920_000, 940_000, 960_000, 980_000, 1_000_000], _bench.TextRequests.Select(r => r.From));
    }

    [Fact]
    public async Task Ensure_OtherLengthAtTheSource_SaysBoth()
    {
        Server.Files[PullBench.Text] = PullBench.Random(5000, 9);
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("5,000 bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("1,000,003", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ensure_APageInsteadOfTheFile_SaysWhatCame()
    {
        Server.Answer = _ => new ServedAnswer { Status = 200, Body = "<html>Log in</html>"u8.ToArray(), Length = 19 }.With("Content-Type", "text/html");
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("19 bytes (text/html)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ensure_WrongBytes_SaysBothHashesAndLeavesNothing()
    {
        Server.Files[PullBench.Text] = PullBench.Random(PullBench.TextBytes, 3);
        var wrong = PullBench.FileOf("text.gguf", Server.Files[PullBench.Text]).Sha256;
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains(wrong, error.Message, StringComparison.Ordinal);
        Assert.Contains(_bench.TextFile.Sha256, error.Message, StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFiles(_bench.Folder, "*", SearchOption.AllDirectories), f => Assert.EndsWith(".lock", f, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ensure_TheSourceLinksToAFileByItsHash_ResumesWhateverTheOtherServersTag()
    {
        await using var cdn = new FileServer();
        (cdn.Files[PullBench.Text], cdn.Files[PullBench.Vision]) = (Server.Files[PullBench.Text], Server.Files[PullBench.Vision]);
        Server.Answer = r => new ServedAnswer { Status = 302, Length = 0 }.With("Location", cdn.Address + r.Path).With("X-Linked-ETag", "\"hash\"");
        cdn.Answer = r =>
        {
            cdn.Tag = $"\"{r.Number}\"";
            return r.Number == 1 ? cdn.Proper(r).CutAfter(300_000) : cdn.Proper(r);
        };
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal([null, 300_000], cdn.Requests.Where(r => r.Path == PullBench.Text).Select(r => r.From));
        Assert.Equal("\"hash\"", _bench.TextRequests[1].Headers["if-range"]);
        Assert.All(cdn.Requests, r => Assert.False(r.Headers.ContainsKey("if-range")));
    }

    [Fact]
    public async Task Ensure_RedirectedToAnotherHost_SendsTheTokenToTheFirstOnly()
    {
        await using var cdn = new FileServer();
        cdn.Files[PullBench.Text] = Server.Files[PullBench.Text];
        cdn.Files[PullBench.Vision] = Server.Files[PullBench.Vision];
        Server.Answer = r => r.Path.StartsWith("/moved", StringComparison.Ordinal)
            ? new ServedAnswer { Status = 302, Length = 0 }.With("Location", cdn.Address + r.Path["/moved".Length..] + "?signed=1")
            : new ServedAnswer { Status = 307, Length = 0 }.With("Location", "/moved" + r.Path);
        cdn.Answer = r => cdn.Proper(r with { Path = r.Path.Split('?')[0] });
        var source = _bench.Catalog.Sources[0] with { TokenVariable = "CAPTIONER_TEST_TOKEN" };
        Environment.SetEnvironmentVariable("CAPTIONER_TEST_TOKEN", "secret");
        _bench.Directory = new(_bench.Folder, _bench.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger<ModelDirectory>.Instance)
        {
            Catalog = _bench.Catalog with { Sources = [source] },
        };
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.All(Server.Requests, r => Assert.Equal("Bearer secret", r.Authorization));
        Assert.All(cdn.Requests, r => Assert.Null(r.Authorization));
    }

    [Fact]
    public async Task Ensure_SignatureOfTheRedirectRanOut_AsksTheSourceAnew()
    {
        await using var cdn = new FileServer();
        cdn.Files[PullBench.Text] = Server.Files[PullBench.Text];
        cdn.Files[PullBench.Vision] = Server.Files[PullBench.Vision];
        Server.Answer = r => new ServedAnswer { Status = 302, Length = 0 }.With("Location", cdn.Address + r.Path);
        cdn.Answer = r => r.Number == 1 ? cdn.Proper(r).CutAfter(300_000)
            : r.Number == 2 ? new() { Status = 403, Length = 0 }
            : cdn.Proper(r);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal([null, 300_000, 300_000], _bench.TextRequests.Select(r => r.From));
    }

    [Fact]
    public async Task Ensure_RedirectedInACircle_GivesUp()
    {
        Server.Answer = r => new ServedAnswer { Status = 302, Length = 0 }.With("Location", r.Path);
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("more than 10 times", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ensure_DiskTooFull_AsksForNothing()
    {
        _bench.Directory = _bench.Open(_ => PullBench.TextBytes);
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("GB free", error.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Requests);
    }

    [Fact]
    public async Task Ensure_TwoPullsAtOnce_ReceiveEachByteOnce()
    {
        await Task.WhenAll(_bench.PullAsync(), _bench.PullAsync());
        Assert.True(_bench.IsWhole());
        Assert.Single(_bench.TextRequests);
    }

    [Fact]
    public async Task Ensure_AFileOfWrongLengthHasTheName_ReplacesIt()
    {
        await File.WriteAllTextAsync(Path.Combine(_bench.Folder, "text.gguf"), "no model", TestContext.Current.CancellationToken);
        Assert.Equal(FileState.Wrong, _bench.Directory.Look(_bench.TextFile).State);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
    }

    [Fact]
    public async Task Verify_RightThenChanged_SaysBothHashes()
    {
        await _bench.PullAsync();
        Assert.Equal(FileState.Verified, (await _bench.Directory.VerifyAsync(_bench.TextFile, progress: null, TestContext.Current.CancellationToken)).State);
        var path = Path.Combine(_bench.Folder, "text.gguf");
        await using (var file = File.OpenWrite(path))
        {
            file.WriteByte((byte)(Server.Files[PullBench.Text][0] ^ 1));
        }

        var wrong = await _bench.Directory.VerifyAsync(_bench.TextFile, progress: null, TestContext.Current.CancellationToken);
        Assert.Equal(FileState.Wrong, wrong.State);
        Assert.Contains(_bench.TextFile.Sha256, wrong.Problem, StringComparison.Ordinal);
        Assert.Contains(wrong.ActualSha256!, wrong.Problem, StringComparison.Ordinal);
    }
}
