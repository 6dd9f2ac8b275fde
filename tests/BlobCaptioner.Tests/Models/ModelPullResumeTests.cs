using BlobCaptioner.Models;
using Xunit;

namespace BlobCaptioner.Tests.Models;

/// <summary>Pulls that find the beginning of an earlier one, or a file that changes meanwhile.</summary>
public sealed class ModelPullResumeTests : IAsyncLifetime
{
    private readonly PullBench _bench = new();

    private FileServer Server => _bench.Server;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Ensure_ServerWithoutRanges_TakesTheWholeFile()
    {
        await StopHalfWayAsync();
        var before = _bench.TextRequests.Count;
        Server.Answer = r => Server.Proper(r with { From = null, To = null });
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal(before + 1, _bench.TextRequests.Count);
        Assert.Contains(_bench.Notices, n => n.Contains("sends whole files only; starting over", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ensure_WhatAnEarlierPullLeftIsWrong_StartsOverOnce()
    {
        await StopHalfWayAsync();
        var bytes = await File.ReadAllBytesAsync(_bench.PartPath, TestContext.Current.CancellationToken);
        bytes[10] ^= 1;
        await File.WriteAllBytesAsync(_bench.PartPath, bytes, TestContext.Current.CancellationToken);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Contains(_bench.Notices, n => n.Contains("starting over", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[[0,65536],[131072,196608]]")]
    [InlineData("[[0,1000003]]")]
    [InlineData("[[5,5]]")]
    [InlineData("[[-1,5]]")]
    [InlineData("[[5,1000004]]")]
    [InlineData("[[0,5],[4,6]]")]
    public async Task Ensure_APartOfTheOlderFormatWithGaps_StartsOver(string done)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_bench.PartPath)!);
        await File.WriteAllBytesAsync(_bench.PartPath, new byte[PullBench.TextBytes], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            _bench.NotePath,
            $$"""{"bytes":{{PullBench.TextBytes}},"sha256":"{{_bench.TextFile.Sha256}}","address":"{{Server.Address}}/text.gguf","validator":"\"one\"","done":{{done}}}""",
            TestContext.Current.CancellationToken);
        await AssertPullsAllAnewAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("""{"bytes":5,"sha256":"00","address":"http://127.0.0.1/text.gguf","validator":null}""")]
    public async Task Ensure_ANoteThatDoesNotFit_StartsOver(string note)
    {
        await StopHalfWayAsync();
        await File.WriteAllTextAsync(_bench.NotePath, note, TestContext.Current.CancellationToken);
        await AssertPullsAllAnewAsync();
    }

    [Fact]
    public async Task Ensure_APartLongerThanTheFile_StartsOver()
    {
        await StopHalfWayAsync();
        await File.WriteAllBytesAsync(_bench.PartPath, new byte[PullBench.TextBytes + 1], TestContext.Current.CancellationToken);
        await AssertPullsAllAnewAsync();
    }

    [Fact]
    public async Task Ensure_KilledBeforeTheRename_ChecksThePartAndAsksForNothing()
    {
        await StopHalfWayAsync();
        await File.WriteAllBytesAsync(_bench.PartPath, Server.Files[PullBench.Text], TestContext.Current.CancellationToken);
        var before = _bench.TextRequests.Count;
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal(before, _bench.TextRequests.Count);
    }

    [Fact]
    public async Task Ensure_AfterAStop_GoesOnWhereItWas()
    {
        await StopHalfWayAsync();
        var before = Server.Requests.Count;
        var kept = _bench.Directory.Look(_bench.TextFile).PresentBytes;
        Assert.True(kept >= 5 * 64 * 1024);
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal(PullBench.TextBytes - kept, Server.Requests.Skip(before).Where(r => r.Path == PullBench.Text).Sum(r => r.To - r.From + 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ensure_FileChangesBetweenRequests_StartsOverWithTheNewOne(bool knowsIfRange)
    {
        var old = PullBench.Random(PullBench.TextBytes, 7);
        var right = Server.Files[PullBench.Text];
        Server.Files[PullBench.Text] = old;
        Server.Answer = r =>
        {
            if (r.Number == 1)
            {
                return Server.Proper(r).CutAfter(300_000);
            }

            Server.Files[PullBench.Text] = right;
            Server.Tag = "\"two\"";
            return Server.Proper(knowsIfRange ? r : r with { Headers = new Dictionary<string, string>(StringComparer.Ordinal) });
        };
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Contains(_bench.Notices, n => n.Contains("has changed", StringComparison.Ordinal));
        Assert.Equal(knowsIfRange ? [null, 300_000L] : [null, 300_000L, null], _bench.TextRequests.Select(r => r.From));
    }

    [Fact]
    public async Task Ensure_FileChangesAllTheTime_GivesUp()
    {
        Server.Answer = r => Server.Proper(r).With("ETag", $"\"{r.Number}\"").CutAfter(100_000);
        var error = await Assert.ThrowsAsync<ModelException>(() => _bench.PullAsync());
        Assert.Contains("has changed again", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, Server.Requests.Count);
    }

    [Fact]
    public async Task Ensure_GoesOnFromAnotherSource_KeepsWhatIsThere()
    {
        await StopHalfWayAsync();
        var kept = _bench.Directory.Look(_bench.TextFile).PresentBytes;
        await using var other = new FileServer { Tag = "\"other\"" };
        other.Files["/m/text.gguf"] = Server.Files[PullBench.Text];
        other.Files["/m/vision.gguf"] = Server.Files[PullBench.Vision];
        _bench.Options = _bench.Options with { Mirror = other.Address + "/m/{file}" };
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal(PullBench.TextBytes - kept, other.Requests.Where(r => r.Path == "/m/text.gguf").Sum(r => r.To - r.From + 1));
    }

    private async Task AssertPullsAllAnewAsync()
    {
        Assert.Equal((FileState.Missing, 0), (_bench.Directory.Look(_bench.TextFile).State, _bench.Directory.Look(_bench.TextFile).PresentBytes));
        var before = _bench.TextRequests.Count;
        await _bench.PullAsync();
        Assert.True(_bench.IsWhole());
        Assert.Equal([null], _bench.TextRequests.Skip(before).Select(r => r.From));
    }

    /// <summary>A pull whose connection breaks at 400,000 bytes, and which is cancelled when it asks for the rest.</summary>
    private async Task StopHalfWayAsync()
    {
        using var stop = new CancellationTokenSource();
        Server.Answer = r =>
        {
            if (r.Number == 1)
            {
                return Server.Proper(r).CutAfter(400_000);
            }

            stop.Cancel();
            return Server.Proper(r) with { Body = default, Hold = Server.Forever };
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _bench.PullUntilAsync(stop.Token));
        Server.Answer = Server.Proper;
        Assert.False(File.Exists(Path.Combine(_bench.Folder, "text.gguf")));
    }
}
