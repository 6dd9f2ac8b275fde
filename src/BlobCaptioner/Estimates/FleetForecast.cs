namespace BlobCaptioner.Estimates;

/// <summary>How long a fleet of workers takes for a container, what that costs, and what limits it.</summary>
/// <remarks>
/// A simulation, second by second in steps as long as nothing changes: the sweep lists names, intake queues them, workers take them off; each is held to its own limit, and all to the
/// account's. Limits are the published targets of one account and one queue; preparing pictures scales out by itself and is not one.
/// </remarks>
public sealed record FleetForecast
{
    private const double SecondsPerDay = 86_400;
    private const int MostSteps = 200_000;

    /// <summary>What was asked.</summary>
    public required FleetRequest Request { get; init; }

    /// <summary>From the first name listed to the last record.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Pictures in a day once all workers are busy.</summary>
    public required double PicturesPerDay { get; init; }

    /// <summary>Price of all pictures; null where no price is known.</summary>
    public required decimal? Cost { get; init; }

    /// <summary>Part of the time in which workers had something to do.</summary>
    public required double Utilisation { get; init; }

    /// <summary>Requests a second on the account once all workers are busy.</summary>
    public required double Requests { get; init; }

    /// <summary>Messages a second on the queue once all workers are busy.</summary>
    public required double Messages { get; init; }

    /// <summary>Most requests a second on the account, while the sweep fills the queue.</summary>
    public required double PeakRequests { get; init; }

    /// <summary>Most messages a second on the queue, while the sweep fills it.</summary>
    public required double PeakMessages { get; init; }

    /// <summary>Most pictures that waited in the queue.</summary>
    public required double LongestQueue { get; init; }

    /// <summary>What holds the fleet back.</summary>
    public required FleetLimit Limit { get; init; }

    /// <summary>Workers at which each limit is reached, at this speed of one.</summary>
    public required IReadOnlyDictionary<FleetLimit, double> WorkersAt { get; init; }

    /// <summary>Simulates.</summary>
    /// <exception cref="ArgumentException">A number is not positive.</exception>
    public static FleetForecast Simulate(FleetRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        double[] numbers =
        [
            request.Pictures, request.Workers, request.PicturesPerMinute, request.RequestsPerPicture, request.QueueRequestsPerPicture, request.AccountRequestsPerSecond,
            request.QueueMessagesPerSecond, request.NamesPerPage, request.PagesPerSecond,
        ];
        if (Array.Exists(numbers, n => !(n > 0)))
        {
            throw new ArgumentException($"All numbers of a fleet must be above 0; {request} has another.", nameof(request));
        }

        // Half of a picture's requests are made before it is queued, the get and the delete after.
        var one = request.PicturesPerMinute / 60;
        var (before, after) = (request.RequestsPerPicture / 2, request.RequestsPerPicture / 2);
        var puts = request.QueueRequestsPerPicture / 3;
        var takes = request.QueueRequestsPerPicture - puts;
        double listed = 0, queued = 0, done = 0, seconds = 0, busy = 0, peakRequests = 0, peakMessages = 0, longest = 0;
        var total = (double)request.Pictures;
        var step = Math.Max(1, Math.Ceiling(total / (one * request.Workers) / MostSteps));
        while (done < total - 1e-6)
        {
            var list = Math.Min(request.PagesPerSecond * request.NamesPerPage * step, total - listed);
            var describe = Math.Min(one * request.Workers * step, queued - done);

            // Workers come first: what they hold is further on.
            describe = Math.Min(describe, Math.Min(request.QueueMessagesPerSecond * step / takes, request.AccountRequestsPerSecond * step / after));
            var queue = Math.Min(
                listed - queued,
                Math.Min((request.QueueMessagesPerSecond * step - (describe * takes)) / puts, (request.AccountRequestsPerSecond * step - (describe * after)) / before));
            queue = Math.Max(0, queue);
            listed += list;
            queued += queue;
            done += describe;
            seconds += step;
            busy += describe / (one * request.Workers);
            peakMessages = Math.Max(peakMessages, ((describe * takes) + (queue * puts)) / step);
            peakRequests = Math.Max(peakRequests, ((describe * after) + (queue * before) + (list / request.NamesPerPage)) / step);
            longest = Math.Max(longest, queued - done);
        }

        var limits = new Dictionary<FleetLimit, double>
        {
            // In the long run each picture is put, taken and deleted once, and listed once.
            [FleetLimit.Queue] = request.QueueMessagesPerSecond / (request.QueueRequestsPerPicture * one),
            [FleetLimit.Account] = request.AccountRequestsPerSecond / (request.RequestsPerPicture * one),
            [FleetLimit.Listing] = request.PagesPerSecond * request.NamesPerPage / one,
        };
        var (nearest, workers) = limits.MinBy(l => l.Value);
        return new()
        {
            Request = request,
            Duration = TimeSpan.FromSeconds(seconds),
            PicturesPerDay = one * Math.Min(request.Workers, workers) * SecondsPerDay,
            Cost = request.PricePerHour * (decimal)(seconds / 3_600) * request.Workers,
            Utilisation = Math.Min(1, busy / seconds),
            Requests = one * Math.Min(request.Workers, workers) * request.RequestsPerPicture,
            Messages = one * Math.Min(request.Workers, workers) * request.QueueRequestsPerPicture,
            PeakRequests = peakRequests,
            PeakMessages = peakMessages,
            LongestQueue = longest,
            Limit = workers < request.Workers ? nearest : FleetLimit.Workers,
            WorkersAt = limits,
        };
    }
}
