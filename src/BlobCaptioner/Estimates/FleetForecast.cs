namespace BlobCaptioner.Estimates;

/// <summary>Duration and cost of describing a container with a fleet of workers, and what limits the fleet.</summary>
/// <remarks>
/// A simulation in steps of one second (longer ones where 200,000 are not enough): the sweep lists names, intake enqueues them, workers describe them. Each has its own limit, and
/// the account limits all together. The limits are the published targets of one account and one queue. Preparation scales out by itself and is not a limit.
/// </remarks>
public sealed record FleetForecast
{
    private const double SecondsPerDay = 86_400;
    private const int MostSteps = 200_000;

    /// <summary>The request that was simulated.</summary>
    public required FleetRequest Request { get; init; }

    /// <summary>Time from the first listed name to the last record.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Pictures in a day once all workers are busy.</summary>
    public required double PicturesPerDay { get; init; }

    /// <summary>Price of all pictures; null without a price.</summary>
    public required decimal? Cost { get; init; }

    /// <summary>Share of the time in which workers had a job, 0 to 1.</summary>
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

    /// <summary>The limit that is reached first.</summary>
    public required FleetLimit Limit { get; init; }

    /// <summary>Number of workers, each this fast, at which each limit is reached.</summary>
    public required IReadOnlyDictionary<FleetLimit, double> WorkersAt { get; init; }

    /// <summary>Simulates a fleet.</summary>
    /// <exception cref="ArgumentException">A number is not positive.</exception>
    public static FleetForecast Simulate(FleetRequest request)
    {
        double[] numbers =
        [
            request.Pictures, request.Workers, request.PicturesPerMinute, request.RequestsPerPicture, request.QueueRequestsPerPicture, request.AccountRequestsPerSecond,
            request.QueueMessagesPerSecond, request.NamesPerPage, request.PagesPerSecond,
        ];
        if (Array.Exists(numbers, n => !(n > 0)))
        {
            throw new ArgumentException($"All numbers of a fleet must be above 0; this one has others: {request}.", nameof(request));
        }

        // Half of a picture's requests come before it is in the queue. Of its three queue requests, the put does, the get and the delete come later.
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

            // Workers come first: their jobs are furthest on.
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
            // In the long run each picture is listed, put, taken and deleted once.
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

/// <summary>Limit of a fleet of workers, and so what to add or to split.</summary>
public enum FleetLimit
{
    /// <summary>The workers themselves: add some.</summary>
    Workers,

    /// <summary>Messages a second of one queue: give each group of workers a queue of its own, by folder.</summary>
    Queue,

    /// <summary>Requests a second of the storage account: split the pictures over several accounts.</summary>
    Account,

    /// <summary>The sweep's listing, page by page: sweep several prefixes side by side, or let Event Grid report new pictures.</summary>
    Listing,
}

/// <summary>Pictures, workers and the limits of the storage account. All numbers must be above 0.</summary>
public sealed record FleetRequest
{
    /// <summary>Pictures, all uploaded before the start.</summary>
    /// <value>Default 1,000,000.</value>
    public long Pictures { get; init; } = 1_000_000;

    /// <summary>Pictures that one worker describes in a minute; <c>captioner bench engine</c> and <c>captioner estimate</c> measure it.</summary>
    public required double PicturesPerMinute { get; init; }

    /// <summary>Number of workers.</summary>
    public required int Workers { get; init; }

    /// <summary>Price of a worker's hour; null, the default, for unknown.</summary>
    public decimal? PricePerHour { get; init; }

    /// <summary>Storage requests of a picture from listing to record, as measured on the pipeline.</summary>
    /// <value>Default 15.</value>
    public double RequestsPerPicture { get; init; } = 15;

    /// <summary>Of these, requests to the queue: put, get, delete.</summary>
    /// <value>Default 3.</value>
    public double QueueRequestsPerPicture { get; init; } = 3;

    /// <summary>Most requests a second of one storage account.</summary>
    /// <value>Default 20,000: https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account (some regions 40,000).</value>
    public double AccountRequestsPerSecond { get; init; } = 20_000;

    /// <summary>Most messages a second of one queue.</summary>
    /// <value>Default 2,000: https://learn.microsoft.com/azure/storage/queues/scalability-targets.</value>
    public double QueueMessagesPerSecond { get; init; } = 2_000;

    /// <summary>Names in a page of a listing.</summary>
    /// <value>Default 5,000, the most that Azure Storage returns.</value>
    public int NamesPerPage { get; init; } = 5_000;

    /// <summary>Pages a second of one listing, which reads them one by one.</summary>
    /// <value>Default 2.</value>
    public double PagesPerSecond { get; init; } = 2;
}
