using System.Net.Sockets;
using Azure;
using Polly;
using Polly.Retry;

namespace BlobCaptioner.Storage;

/// <summary>Tells trouble that passes from trouble that stays, and waits it out.</summary>
internal static class StorageOutage
{
    /// <summary>True where the same request may well succeed later: 408, 429, 5xx, no answer, a cut connection, a timeout inside the SDK.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="cancellationToken">The caller's own token: once cancelled, nothing is worth repeating.</param>
    public static bool IsTransient(Exception error, CancellationToken cancellationToken) => !cancellationToken.IsCancellationRequested && error switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        RequestFailedException => false,
        AggregateException many => many.Flatten().InnerExceptions.All(e => IsTransient(e, cancellationToken)),
        HttpRequestException or SocketException or TimeoutException or OperationCanceledException => true,
        IOException => true,
        _ => false,
    };

    /// <summary>Repeats what fails in a transient way, with growing, jittered waits, for as long as <see cref="StorageOptions.OutageTolerance"/> says.</summary>
    /// <param name="options">The waits, and how long they may go on.</param>
    /// <param name="time">Clock.</param>
    /// <param name="onRetry">Told before every wait.</param>
    public static ResiliencePipeline CreateRetry(StorageOptions options, TimeProvider time, Action<Exception> onRetry)
    {
        return new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments =>
                {
                    var context = arguments.Context;
                    var started = context.Properties.GetValue(Started, 0L);
                    if (started == 0)
                    {
                        context.Properties.Set(Started, time.GetTimestamp());
                    }
                    else if (time.GetElapsedTime(started) > options.OutageTolerance)
                    {
                        return new(false);
                    }

                    return new(arguments.Outcome.Exception is { } error && IsTransient(error, context.CancellationToken));
                },
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                OnRetry = arguments =>
                {
                    onRetry(arguments.Outcome.Exception!);
                    return default;
                },
            })
            .Build();
    }

    private static readonly ResiliencePropertyKey<long> Started = new("started");
}
