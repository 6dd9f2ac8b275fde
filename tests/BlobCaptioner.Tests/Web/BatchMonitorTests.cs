using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Web.Live;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Web;

public sealed class BatchMonitorTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Take_SameRecordSeenTwiceAndOldOnes_CountsEachOnceForAMinute()
    {
        var watch = new BatchMonitor(CaptionStorage.Connect("UseDevelopmentStorage=true"), new LiveFeed(_time), _time);
        _time.Advance(TimeSpan.FromSeconds(30));
        watch.Count(Record("old.jpg", _time.GetUtcNow().AddMinutes(-2)));
        var red = Record("red.jpg", _time.GetUtcNow());
        watch.Count(red);
        watch.Count(red with { Profile = new("x", "2") });
        watch.Count(Record("blue.jpg", _time.GetUtcNow()));
        Assert.Equal((4, 2), (watch.Read().PicturesPerMinute, watch.Read().TokensPerSecond));

        _time.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal((2, 1), (watch.Read().PicturesPerMinute, watch.Read().TokensPerSecond));
        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(0, watch.Read().PicturesPerMinute);
    }

    private static CaptionRecord Record(string name, DateTimeOffset at) => new()
    {
        Status = RecordStatus.Described,
        Image = new() { Container = "images", Name = name, ETag = "1" },
        Profile = new("x", "1"),
        Generation = new() { Preparation = "1", Worker = "test", At = at, OutputTokens = 30 },
        Fingerprint = "f",
    };
}
