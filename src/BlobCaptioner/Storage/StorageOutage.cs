using System.Net.Sockets;
using Azure;
using Azure.Identity;
using Polly;
using Polly.Retry;

namespace BlobCaptioner.Storage;

/// <summary>Recognises transient storage errors, and waits until they pass.</summary>
internal static class StorageOutage
{
    private static readonly ResiliencePropertyKey<long> Started = new("started");

    /// <summary>True where the same request may succeed later: 408, 429, 5xx, no answer, a broken connection, a timeout inside the SDK, a failed sign-in.</summary>
    /// <param name="error">The error; of several, all must be transient.</param>
    /// <param name="cancellationToken">The caller's token: once it is cancelled, no error is transient.</param>
    public static bool IsTransient(Exception error, CancellationToken cancellationToken) => !cancellationToken.IsCancellationRequested && error switch
    {
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => true,
        RequestFailedException => false,
        AggregateException many => many.Flatten().InnerExceptions.All(e => IsTransient(e, cancellationToken)),
        HttpRequestException or SocketException or TimeoutException or OperationCanceledException or IOException or AuthenticationFailedException => true,
        _ => false,
    };

    /// <summary>Runs work that is repeated after transient errors. It goes on where the caller's code runs.</summary>
    public static async Task<T> RunAsync<T>(this ResiliencePipeline outage, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, cancellationToken);
        try
        {
            return await outage.ExecuteAsync(static async (running, todo) => await todo(running.CancellationToken), context, work);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Repeats work after transient errors, with growing, jittered waits, for up to <see cref="StorageOptions.OutageTolerance"/>.</summary>
    /// <param name="options">The waits and the tolerance.</param>
    /// <param name="time">Clock.</param>
    /// <param name="onRetry">Called with the error before each wait.</param>
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
                Delay = TimeSpan.Zero,
                OnRetry = async arguments =>
                {
                    // Polly's own wait is a Task.Delay; see below.
                    onRetry(arguments.Outcome.Exception!);
                    var delay = Backoff.After(arguments.AttemptNumber + 1, options.RetryDelay, options.MaxRetryDelay);
                    await WaitAsync(delay, time, arguments.Context).ConfigureAwait(arguments.Context.ContinueOnCapturedContext);
                },
            })
            .Build();
    }

    // What follows a cancelled Task.Delay runs on the thread pool. Here cancelling only makes the timer due, so that work goes on where it does after the wait.
    private static async Task WaitAsync(TimeSpan delay, TimeProvider time, ResilienceContext context)
    {
        var over = new TaskCompletionSource();
        await using var timer = time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), over, delay, Timeout.InfiniteTimeSpan);
        await using var early = context.CancellationToken.UnsafeRegister(static state => ((ITimer)state!).Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan), timer);
        await over.Task.ConfigureAwait(context.ContinueOnCapturedContext);
        context.CancellationToken.ThrowIfCancellationRequested();
    }
}
