using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>A message that this worker holds. It is renewed at half its lease, and so invisible to others, until it is completed or handed back.</summary>
internal sealed class JobLease : IAsyncDisposable
{
    private readonly QueueClient _queue;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly Action<Exception> _onTrouble;

    // Every update returns a new pop receipt, which the next update needs.
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly Task _renewing;
    private string _popReceipt;
    private bool _settled;

    /// <summary>Holds a message that was just received with this lease.</summary>
    /// <param name="queue">The message's queue.</param>
    /// <param name="message">The message.</param>
    /// <param name="lease">How long it stays invisible after each renewal.</param>
    /// <param name="time">Clock for the renewals.</param>
    /// <param name="onTrouble">Called when a renewal failed and is tried again.</param>
    public JobLease(QueueClient queue, QueueMessage message, TimeSpan lease, TimeProvider time, Action<Exception> onTrouble)
    {
        (_queue, _lease, _time, _onTrouble) = (queue, lease, time, onTrouble);
        Id = message.MessageId;
        Text = message.Body.ToString();
        _popReceipt = message.PopReceipt;
        _renewing = RenewAsync();
    }

    public string Id { get; }

    /// <summary>The message's present text in the queue.</summary>
    public string Text { get; private set; }

    /// <summary>Cancelled when another worker has the message, or it is gone.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Changes the message's text and renews it.</summary>
    /// <exception cref="OperationCanceledException">The lease is lost, or the token was cancelled.</exception>
    /// <exception cref="RequestFailedException">Storage refused.</exception>
    public async Task RewriteAsync(string text, CancellationToken cancellationToken)
    {
        if (!await UpdateAsync(text, _lease, cancellationToken))
        {
            throw new OperationCanceledException("The message belongs to another worker now.", _lost.Token);
        }
    }

    /// <summary>Makes the message visible to other workers after a delay, and stops renewing. Does nothing if the lease is lost.</summary>
    public async Task HandBackAsync(string text, TimeSpan delay, CancellationToken cancellationToken)
    {
        if (await UpdateAsync(text, delay, cancellationToken))
        {
            await EndAsync();
        }
    }

    /// <summary>Deletes the message of a finished job. Does nothing if the lease is lost: the message's new worker will find the job done.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_settled || _lost.IsCancellationRequested)
            {
                return;
            }

            await _queue.DeleteMessageAsync(Id, _popReceipt, cancellationToken);
            _settled = true;
        }
        catch (RequestFailedException error) when (IsLoss(error))
        {
            await _lost.CancelAsync();
        }
        finally
        {
            _turn.Release();
        }

        await EndAsync();
    }

    /// <summary>Stops renewing. A message that was neither completed nor handed back becomes visible when its lease runs out.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await _renewing;
        _turn.Dispose();
        _ended.Dispose();
        _lost.Dispose();
    }

    private Task EndAsync() => _ended.CancelAsync();

    private async Task RenewAsync()
    {
        var wait = _lease / 2;
        try
        {
            while (true)
            {
                await Task.Delay(wait, _time, _ended.Token);
                try
                {
                    if (!await UpdateAsync(text: null, _lease, _ended.Token))
                    {
                        return;
                    }

                    wait = _lease / 2;
                }
                catch (Exception error) when (error is RequestFailedException || StorageOutage.IsTransient(error, _ended.Token))
                {
                    // No worker can take the message over while storage does not answer. The pop receipt stays valid until one does.
                    _onTrouble(error);
                    wait = _lease / 10;
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> UpdateAsync(string? text, TimeSpan visibility, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_settled || _lost.IsCancellationRequested)
            {
                return false;
            }

            var receipt = await _queue.UpdateMessageAsync(Id, _popReceipt, text ?? Text, visibility, cancellationToken);
            _popReceipt = receipt.Value.PopReceipt;
            Text = text ?? Text;
            return true;
        }
        catch (RequestFailedException error) when (IsLoss(error))
        {
            await _lost.CancelAsync();
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    private static bool IsLoss(RequestFailedException error) =>
        error.ErrorCode == QueueErrorCode.MessageNotFound || error.ErrorCode == QueueErrorCode.PopReceiptMismatch;
}
