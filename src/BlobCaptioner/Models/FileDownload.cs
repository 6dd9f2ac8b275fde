using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace BlobCaptioner.Models;

/// <summary>Downloads one file with one request at a time. Each request asks for all that is missing; Polly repeats those that fail.</summary>
internal sealed partial class FileDownload(
    CatalogFile file, PartialFile partial, FileSource source, ModelPullOptions options, ProgressMeter meter, TimeProvider time, ILogger logger)
{
    // A request that brings this much before it breaks does not count as a failed attempt. One that brings less within the stall timeout is broken off: a server
    // that sends a byte now and then would otherwise hold the pull for ever.
    private const int WorthwhileBytes = 64 * 1024;

    private static readonly TimeSpan s_shortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[256 * 1024];

    // Most bytes that were here at once. A server that always breaks at the same place makes no progress.
    private long _furthest = partial.ReceivedBytes;
    private bool _isResumed = partial.ReceivedBytes > 0;
    private bool _hasChanged;

    /// <summary>Receives what is missing and checks the SHA-256 of the whole file. A file that was put together from several answers starts over once.</summary>
    /// <exception cref="TransferException">The attempts are used up.</exception>
    /// <exception cref="ModelException">It can't be done; the message says why and the way out.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = CreateRetry();
        for (var isFirst = true; ; isFirst = false)
        {
            while (partial.ReceivedBytes < file.Bytes)
            {
                await retry.ExecuteAsync(ReceiveAsync, cancellationToken);
            }

            var actual = partial.TakeSha256();
            if (actual == file.Sha256)
            {
                return;
            }

            if (!isFirst || !_isResumed)
            {
                partial.Delete();
                throw new ModelException(
                    $"'{file.Name}' from {source.Address.Host} has SHA-256 {actual}; it must have {file.Sha256}. What was received is removed. " +
                    "Pull again, or from another source or mirror.");
            }

            Notify($"SHA-256 is {actual}, not {file.Sha256}: the parts do not fit together; starting over");
            Discard();
            _furthest = 0;
        }
    }

    private async ValueTask ReceiveAsync(CancellationToken cancellationToken)
    {
        var before = _furthest;
        try
        {
            await ReceiveOnceAsync(cancellationToken);
        }
        catch (TransferException ex) when (ex.CannotResume)
        {
            Discard();
            throw;
        }
        catch (TransferException) when (_furthest - before >= WorthwhileBytes)
        {
            // The next request goes on from there, with all attempts.
        }
    }

    private async Task ReceiveOnceAsync(CancellationToken cancellationToken)
    {
        using var stall = new CancellationTokenSource(options.StallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall.Token);
        try
        {
            using var body = await source.OpenAsync(partial.ReceivedBytes, partial.ValidatorFrom(source.Address), either.Token);
            Accept(body);
            stall.CancelAfter(options.StallTimeout);
            var next = partial.ReceivedBytes + WorthwhileBytes;
            while (partial.ReceivedBytes < body.End)
            {
                var read = await ReadAsync(body, _buffer.AsMemory(0, (int)Math.Min(_buffer.Length, body.End - partial.ReceivedBytes)), either.Token);
                await AppendAsync(_buffer.AsMemory(0, read), cancellationToken);
                if (partial.ReceivedBytes >= next)
                {
                    stall.CancelAfter(options.StallTimeout);
                    next = partial.ReceivedBytes + WorthwhileBytes;
                }
            }
        }
        catch (OperationCanceledException ex) when (stall.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TransferException($"{source.Address.Host} sent less than 64 KiB in {options.StallTimeout.TotalSeconds:0} seconds", ex);
        }
    }

    /// <summary>Discards the received bytes where the answer does not go on from them. Bytes from another address are kept: the SHA-256 decides.</summary>
    private void Accept(FileBody body)
    {
        if (partial.ReceivedBytes > 0)
        {
            var hasChanged = partial.ValidatorFrom(source.Address) is { } known && known != body.Validator;
            if (hasChanged || body.Start == 0)
            {
                Discard();
                var reason = hasChanged ? $"the file at {source.Address.Host} has changed" : $"{source.Address.Host} sends whole files only";
                if (hasChanged && _hasChanged)
                {
                    throw new ModelException($"'{file.Name}' could not be pulled: {reason} again. Try another source or mirror.");
                }

                _hasChanged |= hasChanged;
                if (body.Start > 0)
                {
                    throw new TransferException(reason);
                }

                Notify($"{reason}; starting over");
            }

            _isResumed = body.Start > 0;
        }

        partial.SetOrigin(source.Address, body.Validator);
    }

    private async Task<int> ReadAsync(FileBody body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var read = await body.Stream.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new TransferException($"{source.Address.Host} ended {body.End - partial.ReceivedBytes:N0} bytes early");
        }
        catch (IOException ex)
        {
            throw new TransferException($"the connection to {source.Address.Host} broke: {ex.Message}", ex);
        }
    }

    private async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await partial.AppendAsync(bytes, cancellationToken);
        }
        catch (IOException ex)
        {
            throw new ModelException(
                $"'{file.Name}' can't be written: {ex.Message} It needs {file.Bytes - partial.ReceivedBytes:N0} bytes more. Make room, then pull again; what was received is kept.", ex);
        }

        _furthest = Math.Max(_furthest, partial.ReceivedBytes);
        meter.Add(bytes.Length);
    }

    private void Discard()
    {
        partial.Discard();
        _isResumed = false;
        meter.Start(0);
    }

    private ResiliencePipeline CreateRetry() =>
        new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<TransferException>(),
                MaxRetryAttempts = options.Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = s_shortestWait,
                MaxDelay = s_longestWait,
                DelayGenerator = static attempt => ValueTask.FromResult((attempt.Outcome.Exception as TransferException)?.RetryAfter),
                OnRetry = attempt =>
                {
                    Notify($"{attempt.Outcome.Exception?.Message}; trying again in {attempt.RetryDelay.TotalSeconds:0} s");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    private void Notify(string notice)
    {
        LogNotice(logger, file.Name, notice);
        meter.Report(notice);
    }

    [LoggerMessage(EventId = 900, Level = LogLevel.Information, Message = "{File}: {Notice}")]
    private static partial void LogNotice(ILogger logger, string file, string notice);
}
