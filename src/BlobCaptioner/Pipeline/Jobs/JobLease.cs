using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>A message whose lease this process holds and renews. A lost lease ends nothing: the ticket says who works.</summary>
internal sealed class JobLease : JobDelivery, IAsyncDisposable
{
    private readonly QueueClient _queue;
    private readonly Places _turn = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _renewing;
    private string _text;
    private string _popReceipt;
    private bool _isOver;

    /// <summary>Holds a message that was just received with this lease.</summary>
    /// <param name="queue">The message's queue.</param>
    /// <param name="message">The message.</param>
    /// <param name="lease">How long it stays invisible after each renewal.</param>
    /// <param name="time">Clock for the renewals.</param>
    /// <param name="onTrouble">Called when a renewal failed and is tried again.</param>
    public JobLease(QueueClient queue, QueueMessage message, TimeSpan lease, TimeProvider time, Action<Exception> onTrouble)
    {
        (_queue, Id, DequeueCount, _text, _popReceipt) = (queue, message.MessageId, message.DequeueCount, message.Body.ToString(), message.PopReceipt);

        // No worker can take the message over while storage does not answer, and a failed sign-in may succeed the next time.
        _renewing = LeaseRenewal.RunAsync(lease, time, ended => TryAsync(() => UpdateAsync(_text, lease, ended), ended), onTrouble, _ended.Token);
    }

    /// <inheritdoc/>
    public override string Id { get; }

    /// <inheritdoc/>
    public override string Text => _text;

    /// <inheritdoc/>
    public override long DequeueCount { get; }

    /// <inheritdoc/>
    public override Task CompleteAsync(CancellationToken cancellationToken) =>
        EndAsync(() => _queue.DeleteMessageAsync(Id, _popReceipt, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public override Task ReturnAsync(string text, TimeSpan delay, CancellationToken cancellationToken) => EndAsync(() => UpdateAsync(text, delay, cancellationToken), cancellationToken);

    /// <summary>Stops renewing. A message that was neither completed nor returned becomes visible when its lease runs out.</summary>
    public async ValueTask DisposeAsync()
    {
        _ended.Cancel();
        await _renewing;
        _ended.Dispose();
    }

    private async Task EndAsync(Func<Task> end, CancellationToken cancellationToken)
    {
        if (await TryAsync(end, cancellationToken))
        {
            _isOver = true;
            _ended.Cancel();
        }
    }

    private async Task UpdateAsync(string text, TimeSpan visibility, CancellationToken cancellationToken)
    {
        _popReceipt = (await _queue.UpdateMessageAsync(Id, _popReceipt, text, visibility, cancellationToken)).Value.PopReceipt;
        _text = text;
    }

    // False where the message is over. It is too where storage no longer knows the pop receipt: another consumer has it, or the answer to our own update was lost.
    private async Task<bool> TryAsync(Func<Task> change, CancellationToken cancellationToken)
    {
        await _turn.TakeAsync(cancellationToken);
        try
        {
            if (_isOver)
            {
                return false;
            }

            await change();
            return true;
        }
        catch (RequestFailedException error) when (error.ErrorCode == QueueErrorCode.MessageNotFound || error.ErrorCode == QueueErrorCode.PopReceiptMismatch)
        {
            _isOver = true;
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }
}
