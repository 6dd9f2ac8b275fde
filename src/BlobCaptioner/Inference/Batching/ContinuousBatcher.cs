using System.Threading.Channels;
using BlobCaptioner.Captioning;
using BlobCaptioner.Validation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace BlobCaptioner.Inference.Batching;

/// <summary>
/// Describes many pictures at once on one context: continuous batching. A picture joins the running ones as soon as a slot and KV cache
/// cells are free, and leaves when its answer is complete; each step decodes all running answers together. The prompt prefix
/// of a profile is decoded once and forked into the slots; images are prefilled in slices between the steps.
/// </summary>
/// <remarks>
/// Two threads: one owns the context, one encodes the next pictures. Pictures are served in the order of submission. A picture that fails,
/// is cancelled or can't fit never disturbs another; a decode step that fails takes only the pictures in it, which may be tried again.
/// </remarks>
public sealed class ContinuousBatcher : IAsyncDisposable
{
    private readonly BatcherOptions _options;
    private readonly ISequenceDecoder _decoder;
    private readonly TimeProvider _time;
    private readonly BatcherMetrics _metrics;
    private readonly Channel<PictureWork> _pictures;
    private readonly EncodeLoop _encode;
    private readonly DecodeLoop _decode;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _encodeEnded;
    private readonly Task _decodeEnded;
    private volatile Exception? _dead;
    private int _disposed;

    /// <summary>Starts the two threads.</summary>
    /// <param name="decoder">The model; only this batcher may use it until disposed, and it does not dispose it.</param>
    /// <param name="options">Slots and limits; null for the defaults.</param>
    /// <param name="logger">For failures; null for none.</param>
    /// <param name="timeProvider">For durations; null for the system's.</param>
    /// <exception cref="ArgumentException">The decoder holds fewer sequences than slots and prefixes need.</exception>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is out of its range.</exception>
    public ContinuousBatcher(ISequenceDecoder decoder, BatcherOptions? options = null, ILogger<ContinuousBatcher>? logger = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        _options = new BatcherOptionsValidator().Require(options ?? new());
        if (decoder.Info.MaxSequences < _options.Sequences)
        {
            throw new ArgumentException(
                $"The decoder holds {decoder.Info.MaxSequences} sequences; {_options.Slots} slots and {_options.Prefixes} prefixes need {_options.Sequences}. "
                + "Load it with more sequences or lower Slots.",
                nameof(decoder));
        }

        _decoder = decoder;
        _time = timeProvider ?? TimeProvider.System;
        _metrics = new(decoder.Info.ModelName, _options.Slots, decoder.Info.ContextTokens);
        _pictures = Channel.CreateBounded<PictureWork>(new BoundedChannelOptions(_options.QueueCapacity)
        {
            FullMode = BoundedChannelFullMode.Wait,
            SingleReader = true,
        });
        _encode = new EncodeLoop(decoder, _pictures.Reader, _options.Slots + _options.EncodeAhead, new(_options.KeptEncodings), _metrics, _time);
        _decode = new DecodeLoop(decoder, _options, _metrics, _time, logger ?? NullLogger<ContinuousBatcher>.Instance, work => _encode.Release(work), Die);
        _decodeEnded = StartThread("captioner decode", _decode.Run);
        _encodeEnded = StartThread("captioner encode", () => _encode.Run(_decode.Enqueue, Die, _stop.Token));
        InferenceMetrics.Add(_metrics);
    }

    /// <summary>Pictures that are decoded at once.</summary>
    public int Slots => _options.Slots;

    /// <summary>Counts since the start and what runs now. Cheap; any thread.</summary>
    public BatcherSnapshot Snapshot() => _metrics.Snapshot();

    /// <summary>Describes a picture. Any number of callers at once.</summary>
    /// <param name="request">The picture and its compiled plan.</param>
    /// <param name="cancellationToken">Gives the picture up; its slot is free before the next step.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="CaptionException">
    /// <c>context-too-small</c> (never to be retried), <c>encode-failed</c>, <c>decoder-failed</c>, <c>decoder-dead</c>, <c>internal</c> or <c>stopping</c>.
    /// </exception>
    public async Task<Caption> DescribeAsync(PictureRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!ReferenceEquals(request.Plan.Decoder, _decoder))
        {
            throw new ArgumentException("The plan was compiled for another decoder. Compile it with this batcher's.", nameof(request));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var work = new PictureWork(request, _time.GetTimestamp());
        _metrics.Submit(work.SubmittedAt);
        try
        {
            await using var registration = cancellationToken.UnsafeRegister(
                (_, token) =>
                {
                    work.TryCancel(token);
                    _decode.Wake();
                },
                state: null);
            await WriteAsync(work, cancellationToken);
            var caption = await work.Task;
            _metrics.Add(BatcherMetrics.Count.Described);
            return caption;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _metrics.Add(BatcherMetrics.Count.Cancelled);
            throw;
        }
        catch (CaptionException)
        {
            _metrics.Add(BatcherMetrics.Count.Failed);
            throw;
        }
    }

    /// <summary>Takes no more pictures, gives up those that are in with <c>stopping</c>, and waits for both threads to end.</summary>
    /// <remarks>To finish what runs, stop submitting and await the calls before.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _pictures.Writer.Complete();

            // First, since cancelling yields: no picture ends well once this has been called.
            _decode.Stop();
            await _stop.CancelAsync();

            // The encode thread may be inside the vision tower; what it hands over after the decode thread has ended still gets its error.
            await Task.WhenAll(_decodeEnded, _encodeEnded);
            _decode.FailIncoming();
            _encode.Dispose();
            _stop.Dispose();
            InferenceMetrics.Remove(_metrics);
        }
    }

    private async ValueTask WriteAsync(PictureWork work, CancellationToken cancellationToken)
    {
        try
        {
            if (_dead is { } dead)
            {
                throw BatcherErrors.Dead(dead);
            }

            await _pictures.Writer.WriteAsync(work, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw BatcherErrors.Stopping();
        }
    }

    private void Die(Exception error)
    {
        _dead = error;
        _encode.Die(error);
        _decode.Die(error);
    }

    private static Task StartThread(string name, Action body)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                body();
                ended.SetResult();
            }
            catch (Exception error)
            {
                ended.SetException(error);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return ended.Task;
    }
}
