using BlobCaptioner.Pipeline.Intake;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Intake;

public sealed class ListingPaceTests
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(2);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Pause_ReaderIsSlow_CountsTheListingAlone()
    {
        var pace = new ListingPace(_time);
        Assert.Equal(s_shortest, pace.Pause(s_shortest));
        await ReadAsync(pace, pages: 3, eachTakes: TimeSpan.FromMilliseconds(100), readerTakes: TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromSeconds(3), pace.Pause(s_shortest));
        await ReadAsync(pace, pages: 1, eachTakes: TimeSpan.FromMilliseconds(100), readerTakes: TimeSpan.FromMinutes(1));
        Assert.Equal(s_shortest, pace.Pause(s_shortest));
    }

    [Fact]
    public async Task Pause_ListingFailsAfterAnHour_GoesByTheLastWholeOne()
    {
        var pace = new ListingPace(_time);
        await ReadAsync(pace, pages: 3, eachTakes: TimeSpan.FromMilliseconds(100), readerTakes: TimeSpan.Zero);
        await Assert.ThrowsAsync<IOException>(() => ReadAsync(pace, pages: 2, eachTakes: TimeSpan.FromMinutes(30), readerTakes: TimeSpan.Zero, fails: true));
        Assert.Equal(TimeSpan.FromSeconds(3), pace.Pause(s_shortest));
    }

    private async Task ReadAsync(ListingPace pace, int pages, TimeSpan eachTakes, TimeSpan readerTakes, bool fails = false)
    {
        await foreach (var _ in pace.MeasureAsync(ListAsync(), TestContext.Current.CancellationToken))
        {
            _time.Advance(readerTakes);
        }

        async IAsyncEnumerable<int> ListAsync()
        {
            for (var page = 0; page < pages; page++)
            {
                await Task.CompletedTask;
                _time.Advance(eachTakes);
                yield return page;
            }

            if (fails)
            {
                throw new IOException("the connection was cut");
            }
        }
    }
}
