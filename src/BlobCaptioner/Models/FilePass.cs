using System.Buffers;
using Polly;

namespace BlobCaptioner.Models;

/// <summary>One go at receiving what is missing of a file: parts side by side, in the file's order, with the hash behind them.</summary>
internal sealed class FilePass(
    PartialFile partial, CatalogFile file, RangeSource source, ModelPullOptions options, ResiliencePipeline retry, ProgressMeter meter, TimeProvider time)
{
    // what a connection brings at least before it breaks, not to count as a vain try
    private const int WorthwhileBytes = 64 * 1024;
    private const int BufferBytes = 256 * 1024;

    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TrailingHash _hash = new(partial, file.Bytes, meter);

    /// <summary>Receives and hashes all that is missing.</summary>
    /// <param name="whole">True to ask for the whole file in one request; nothing of it is there yet.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>SHA-256 of the whole file, lower-case hex.</returns>
    public async Task<string> RunAsync(bool whole, CancellationToken cancellationToken)
    {
        meter.Start(partial.ReceivedBytes);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var hashing = _hash.RunAsync(both.Token);
        try
        {
            if (whole)
            {
                await ReceiveOnceAsync(0, file.Bytes, whole: true, static _ => { }, both.Token);
            }
            else
            {
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parts, CancellationToken = both.Token };
                var parts = partial.Missing(options.PartBytes);
                await Parallel.ForEachAsync(parts, parallel, (part, token) => ReceiveAsync(part.From, part.To, isFirst: part == parts[0], token));
            }

            return await hashing;
        }
        catch
        {
            await both.CancelAsync();
            await ((Task)hashing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async ValueTask ReceiveAsync(long from, long to, bool isFirst, CancellationToken cancellationToken)
    {
        if (!isFirst)
        {
            // one request finds out whether the server knows ranges, not all at once
            await _answered.Task.WaitAsync(cancellationToken);
        }

        var at = from;
        while (at < to)
        {
            await retry.ExecuteAsync(
                async token =>
                {
                    var start = at;
                    try
                    {
                        await ReceiveOnceAsync(at, to, whole: false, bytes => at += bytes, token);
                    }
                    catch (TransferException) when (at == to || at - start >= WorthwhileBytes)
                    {
                        // the connection broke under way: ask for the rest, as a first try
                    }
                },
                cancellationToken);
        }
    }

    private async Task ReceiveOnceAsync(long from, long to, bool whole, Action<int> received, CancellationToken cancellationToken)
    {
        using var stall = new CancellationTokenSource(options.StallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            using var body = await source.OpenAsync(from, to, whole, either.Token);
            if (!partial.Accept(source.Address, body.Validator))
            {
                throw new StartOverException($"the file at {source.Address.Host} is another one than before");
            }

            _answered.TrySetResult();
            for (var at = from; at < body.To;)
            {
                stall.CancelAfter(options.StallTimeout);
                var read = await ReadAsync(body.Stream, buffer.AsMemory(0, (int)Math.Min(BufferBytes, body.To - at)), at, body.To, either.Token);
                await WriteAsync(at, buffer.AsMemory(0, read), cancellationToken);
                at += read;
                received(read);
            }

            if (!whole && await HasMoreAsync(body.Stream, buffer, either.Token))
            {
                throw new StartOverException($"{source.Address.Host} sends more than the bytes {from}-{body.To - 1} that it says") { WithoutRanges = true };
            }
        }
        catch (OperationCanceledException ex) when (stall.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TransferException($"{source.Address.Host} sent nothing for {options.StallTimeout.TotalSeconds:0} seconds", ex);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<int> ReadAsync(Stream stream, Memory<byte> buffer, long at, long to, CancellationToken cancellationToken)
    {
        try
        {
            var read = await stream.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new TransferException($"{source.Address.Host} ended {to - at:N0} bytes early");
        }
        catch (IOException ex)
        {
            throw new TransferException($"the connection to {source.Address.Host} broke: {ex.Message}", ex);
        }
    }

    private static async Task<bool> HasMoreAsync(Stream stream, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer.AsMemory(0, 1), cancellationToken) > 0;
        }
        catch (IOException)
        {
            // an end without an end mark, after all that was asked for
            return false;
        }
    }

    private async Task WriteAsync(long at, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await partial.WriteAsync(at, bytes, cancellationToken);
        }
        catch (IOException ex)
        {
            throw new ModelException(
                $"'{file.Name}' can't be written: {ex.Message} It needs {file.Bytes - partial.ReceivedBytes:N0} bytes more. Make room, then pull again; what was received is kept.", ex);
        }

        meter.Received(bytes.Length);
        _hash.Wake();
    }
}
