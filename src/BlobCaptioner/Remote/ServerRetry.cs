using Polly;
using Polly.Retry;

namespace BlobCaptioner.Remote;

/// <summary>Sends a request again while the server's trouble may pass: exponential backoff with jitter, or as long as Retry-After asks; each try has its timeout.</summary>
internal static class ServerRetry
{
    /// <summary>Makes the pipeline.</summary>
    /// <param name="options">Tries, waits and the timeout.</param>
    /// <param name="time">Waits by it.</param>
    /// <param name="onRetry">Told the fault, the wait, and which retry it is, from 1.</param>
    public static ResiliencePipeline Create(RemoteModelOptions options, TimeProvider time, Action<ServerFault, TimeSpan, int> onRetry)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = time };
        if (options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                ShouldHandle = args => ValueTask.FromResult(ServerFault.Of(args.Outcome.Exception, time.GetUtcNow()) is { IsTransient: true }),
                DelayGenerator = args => ValueTask.FromResult(Wait(ServerFault.Of(args.Outcome.Exception, time.GetUtcNow())?.RetryAfter, options)),
                OnRetry = args =>
                {
                    onRetry(ServerFault.Of(args.Outcome.Exception, time.GetUtcNow())!, args.RetryDelay, args.AttemptNumber + 1);
                    return default;
                },
            });
        }

        return builder.AddTimeout(options.Timeout).Build();
    }

    /// <summary>A tenth is added at random, so that those who were refused together don't come back together. Null leaves the wait to the backoff.</summary>
    private static TimeSpan? Wait(TimeSpan? asked, RemoteModelOptions options)
    {
        if (asked is not { } wait)
        {
            return null;
        }

#pragma warning disable CA5394 // Jitter needs no secrecy.
        return (wait < options.MaxRetryAfter ? wait : options.MaxRetryAfter) * (1 + (0.1 * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }
}
