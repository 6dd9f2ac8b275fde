using System.Threading.RateLimiting;
using BlobCaptioner.Web.Api;
using BlobCaptioner.Web.Setup;
using Microsoft.AspNetCore.Http;

namespace BlobCaptioner.Web.Security;

/// <summary>
/// Lets a few pictures be tried at once, has a few more wait in line, and refuses the rest. The body of a request that waits is not read, so it takes no memory.
/// </summary>
internal sealed class TryGate(WebOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Requests that may wait for each one in work.</summary>
    public const int WaitingForEach = 4;

    private const int RetryAfterSeconds = 10;

    private const int LargeBytes = 8_000_000;

    private readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = options.TryConcurrency,
        QueueLimit = options.TryConcurrency * WaitingForEach,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private readonly SemaphoreSlim _preparing = new(1);

    /// <summary>Waits for a place, which the request holds until its response is complete.</summary>
    /// <exception cref="ApiException">Too many wait already (429), or the time is over (504).</exception>
    public async Task<TryPlace> EnterAsync(HttpContext http)
    {
        var place = new TryPlace(new(options.TryTimeout, time, http.RequestAborted));
        http.Response.RegisterForDispose(place);
        await place.RunAsync(async cancel => place.Hold(await _limiter.AcquireAsync(cancellationToken: cancel)));
        return place.IsHeld
            ? place
            : throw new ApiException(
                429,
                "too-many-tries",
                $"{options.TryConcurrency} pictures are tried at once and {options.TryConcurrency * WaitingForEach} wait, which are the limits.",
                "Try again in a moment, or start the page with a higher --try-concurrency.")
            {
                RetryAfterSeconds = RetryAfterSeconds,
            };
    }

    /// <summary>Runs what has a whole file in memory, one after the other: a file in preparation is there twice, and decoded.</summary>
    /// <param name="prepare">Reads and prepares the file.</param>
    /// <param name="bytes">Its length, as far as known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<T> PrepareAsync<T>(Func<Task<T>> prepare, long bytes, CancellationToken cancellationToken)
    {
        await _preparing.WaitAsync(cancellationToken);
        try
        {
            if (bytes >= LargeBytes)
            {
                // The collector does not hurry with large blocks: twelve files of 63 MB took 1.3 GB, most of it files that were done with.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }

            return await prepare();
        }
        finally
        {
            _preparing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _limiter.Dispose();
        _preparing.Dispose();
    }
}

/// <summary>A request's place among those that are tried, and its time.</summary>
internal sealed class TryPlace(RequestDeadline deadline) : IDisposable
{
    private RateLimitLease? _lease;

    /// <summary>True where it is one of those in work.</summary>
    public bool IsHeld => _lease is { IsAcquired: true };

    /// <summary>Ends the work.</summary>
    public CancellationToken Token => deadline.Token;

    /// <summary>The error where the time is over; null where it is not.</summary>
    public ApiException? Overdue => deadline.IsOver
        ? deadline.Error("try-timeout", "The answer", "Ask for less, try again when fewer pictures are in work, or start the page with a longer --try-timeout.")
        : null;

    /// <summary>Runs a part of the request within the time.</summary>
    /// <exception cref="ApiException">The time is over.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> part)
    {
        try
        {
            await part(Token);
        }
        catch (OperationCanceledException) when (Overdue is not null)
        {
            throw Overdue!;
        }
    }

    /// <summary>Keeps what the limiter gave.</summary>
    public void Hold(RateLimitLease lease) => _lease = lease;

    /// <inheritdoc/>
    public void Dispose()
    {
        _lease?.Dispose();
        deadline.Dispose();
    }
}
