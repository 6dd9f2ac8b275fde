using Azure;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>
/// A worker's hold on a ticket. It begins when the model begins (<see cref="TryTakeAsync"/>) and is renewed until it ends. Others find the ticket held, so the model is asked
/// once, unless the lease really runs out.
/// </summary>
/// <param name="tickets">The tickets, of a storage whose requests wait out outages.</param>
/// <param name="delivery">The message that named the ticket.</param>
/// <param name="seen">The ticket as it was read.</param>
/// <param name="lease">How long it is held after each renewal.</param>
/// <param name="time">Clock for the renewals.</param>
/// <param name="onTrouble">Called when a renewal failed and is tried again.</param>
internal sealed class JobScope(Tickets tickets, JobDelivery delivery, StoredTicket seen, TimeSpan lease, TimeProvider time, Action<Exception> onTrouble) : IAsyncDisposable
{
    private readonly string _holder = $"{WorkerName.Current}/{JobDispatch.NewId()}";
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _lost = new();
    private ETag _etag = seen.ETag;
    private Task _renewing = Task.CompletedTask;

    /// <summary>The ticket as it was last read or written.</summary>
    public Ticket Ticket { get; private set; } = seen.Ticket!;

    /// <summary>True from the request to take it on: the ticket may be held, even if no answer came.</summary>
    public bool MayHold { get; private set; }

    /// <summary>Cancelled when another worker has the ticket.</summary>
    public CancellationToken Lost => _lost.Token;

    private bool IsMine(StoredTicket? stored) => stored?.Ticket?.Holder == _holder;

    /// <summary>Takes the ticket for the model: counts a try, and holds it from now on.</summary>
    /// <returns>False where the ticket is no longer what was read: look at it again.</returns>
    public async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        var taken = Ticket.Merged() with
        {
            Tries = [.. Ticket.Tries, new(time.GetUtcNow(), WorkerName.Current)],
            Holder = _holder,
            Message = delivery.Id,
            HoldSeconds = Ticket.Seconds(lease),
        };
        MayHold = true;
        ETag? written;
        try
        {
            written = await tickets.TryWriteAsync(taken, _etag, cancellationToken);
        }
        catch (RequestFailedException error) when (error.IsLocked())
        {
            MayHold = false;
            throw;
        }

        if (written is { } etag)
        {
            (Ticket, _etag) = (taken, etag);
        }
        else if (await tickets.ReadAsync(taken.Job.Name, cancellationToken) is { } there && IsMine(there))
        {
            // The answer was lost, not the write.
            (Ticket, _etag) = (there.Ticket!, there.ETag);
        }
        else
        {
            return MayHold = false;
        }

        _renewing = RenewAsync();
        return true;
    }

    /// <summary>Frees the ticket for another try.</summary>
    /// <param name="change">Changes the ticket.</param>
    /// <param name="wait">The wait before that try.</param>
    /// <param name="cancellationToken">Gives up: the hold runs out by itself.</param>
    /// <returns>False where another worker has it now.</returns>
    public async Task<bool> TryFreeAsync(Func<Ticket, Ticket> change, TimeSpan wait, CancellationToken cancellationToken)
    {
        await EndRenewalAsync();
        while (true)
        {
            var freed = change(Ticket).Freed(wait);
            if (await tickets.TryWriteAsync(freed, _etag, cancellationToken) is { } etag)
            {
                (Ticket, _etag) = (freed, etag);
                return true;
            }

            if (await ReadMineAsync(cancellationToken) is not { } mine)
            {
                return false;
            }

            (Ticket, _etag) = (mine.Ticket!, mine.ETag);
        }
    }

    /// <summary>Deletes the ticket, since all that was wanted is done.</summary>
    /// <param name="version">The version that was described.</param>
    /// <param name="cancellationToken">Gives up: whoever gets the message again finds the work done.</param>
    /// <returns>True where something new was wanted meanwhile: the ticket is free, and its message must come again.</returns>
    public async Task<bool> FinishAsync(string version, CancellationToken cancellationToken)
    {
        await EndRenewalAsync();
        while (Ticket.Next is null && Ticket.Job.Version == version)
        {
            if (await tickets.TryDeleteAsync(Tickets.NameOf(Ticket.Container, Ticket.Job.Name), _etag, cancellationToken)
                || await ReadMineAsync(cancellationToken) is not { } mine || mine.ETag == _etag)
            {
                // Unchanged, and yet not deleted: another program leases it. A sweep asks again.
                return false;
            }

            (Ticket, _etag) = (mine.Ticket!, mine.ETag);
        }

        return await TryFreeAsync(t => t with { Want = t.Next ?? Want.Fresh, Next = null, Tries = [] }, TimeSpan.Zero, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndRenewalAsync();
        _ended.Dispose();
        _lost.Dispose();
    }

    private async Task EndRenewalAsync()
    {
        _ended.Cancel();
        await _renewing;
    }

    // Of a ticket that was not taken, nobody's changes are overwritten.
    private async Task<StoredTicket?> ReadMineAsync(CancellationToken cancellationToken) =>
        await tickets.ReadAsync(Ticket.Job.Name, cancellationToken) is { } there && IsMine(there) ? there : null;

    // Whatever a renewal's failure is, the hold lasts until another worker takes the ticket.
    private async Task RenewAsync()
    {
        if (!await LeaseRenewal.RunAsync(lease, time, TryRenewAsync, onTrouble, _ended.Token))
        {
            _lost.Cancel();
        }
    }

    private async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var renewed = Ticket with { HoldSeconds = Ticket.Seconds(lease) };
            if (await tickets.TryWriteAsync(renewed, _etag, cancellationToken) is { } etag)
            {
                (Ticket, _etag) = (renewed, etag);
                return true;
            }

            switch (await tickets.ReadAsync(Ticket.Job.Name, cancellationToken))
            {
                case null:
                    // Someone deleted it. Nobody else has it, and the record's write is conditional.
                    _ended.Cancel();
                    return true;
                case var there when IsMine(there):
                    (Ticket, _etag) = (there!.Ticket!, there.ETag);
                    break;
                default:
                    return false;
            }
        }
    }
}
