using BlobCaptioner.Estimates;
using Xunit;

namespace BlobCaptioner.Tests.Estimates;

public sealed class FleetForecastTests
{
    [Fact]
    public void Simulate_FewWorkers_TakeWorkOverSpeed()
    {
        var found = FleetForecast.Simulate(new() { Pictures = 100_000, PicturesPerMinute = 60, Workers = 10, PricePerHour = 3 });

        // 100,000 pictures at 10 a second, and the first names' way.
        Assert.InRange(found.Duration.TotalSeconds, 10_000, 10_020);
        Assert.Equal(864_000, found.PicturesPerDay, precision: 3);
        Assert.InRange(found.Cost!.Value, 83, 84);
        Assert.Equal(FleetLimit.Workers, found.Limit);
        Assert.InRange(found.Utilisation, 0.99, 1);
        Assert.Equal((150.0, 30.0), (found.Requests, found.Messages));
    }

    [Theory]
    [InlineData(100, FleetLimit.Workers)]
    [InlineData(700, FleetLimit.Queue)]
    public void Simulate_ManyWorkers_AreHeldBackByTheQueue(int workers, FleetLimit limit)
    {
        // One a second each; three messages a picture fill the queue's 2,000 at 667.
        var found = FleetForecast.Simulate(new() { Pictures = 2_000_000, PicturesPerMinute = 60, Workers = workers });

        Assert.Equal(limit, found.Limit);
        Assert.Equal(666.7, found.WorkersAt[FleetLimit.Queue], precision: 1);
        Assert.True(found.PeakMessages <= 2_000.001);
        Assert.True(found.PeakRequests <= 20_000.001);
        Assert.InRange(found.PicturesPerDay, 0, 667 * 86_400);
    }

    [Fact]
    public void Simulate_OneAccountOrOneListing_AreLimitsToo()
    {
        var account = FleetForecast.Simulate(new() { PicturesPerMinute = 6_000, Workers = 100, QueueMessagesPerSecond = 1e6 });
        var listing = FleetForecast.Simulate(new() { PicturesPerMinute = 6_000, Workers = 100, QueueMessagesPerSecond = 1e6, AccountRequestsPerSecond = 1e6, PagesPerSecond = 0.2 });

        Assert.Equal(FleetLimit.Account, account.Limit);
        Assert.Equal(FleetLimit.Listing, listing.Limit);
        Assert.True(listing.Utilisation < 0.2);
        Assert.InRange(listing.Duration.TotalSeconds, 1_000, 1_010);
    }

    [Fact]
    public void Simulate_NumbersThatMakeNoSense_AreRefused() =>
        Assert.Throws<ArgumentException>(() => FleetForecast.Simulate(new() { PicturesPerMinute = 0, Workers = 1 }));
}
