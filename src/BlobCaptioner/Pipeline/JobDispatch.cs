using System.Collections.Concurrent;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>Puts pictures and products on their way: writes the ticket, then sends the message. Whoever changes what a ticket wants sends a message.</summary>
internal sealed class JobDispatch(CaptionStorage storage, TimeProvider time, SpendCap? cap = null)
{
    // Tickets of this process whose message may not have been sent.
    private readonly ConcurrentDictionary<string, byte> _unsent = new(StringComparer.Ordinal);

    private readonly Turns _turns = new();

    public Tickets Tickets { get; } = new(storage);

    /// <summary>A new id, for <see cref="Ticket.Call"/> and <see cref="Want.Redo"/>.</summary>
    public static string NewId() => Guid.NewGuid().ToString("N")[..12];

    /// <summary>
    /// True where a ticket already says all that is wanted: its message is on the way, or a worker has it. It is not where an earlier call of this process failed between ticket
    /// and message.
    /// </summary>
    /// <param name="seen">The ticket; null where there is none.</param>
    /// <param name="version"><see cref="CaptionJob.Version"/>.</param>
    /// <param name="want">What is wanted.</param>
    public bool Covers(StoredTicket? seen, string version, Want want) =>
        Says(seen, version, want) && !_unsent.ContainsKey(seen!.Ticket!.Job.Name);

    /// <summary>Takes a place in the day's budget, before the work for a job begins.</summary>
    public Task<SpendPlace> TakePlaceAsync(CancellationToken cancellationToken) => cap?.TakeAsync(cancellationToken) ?? Task.FromResult(new SpendPlace());

    /// <summary>Keeps the place of a job that was sent.</summary>
    public Task KeepAsync(SpendPlace place, CancellationToken cancellationToken)
    {
        place.Keep();
        return cap?.SettleAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>Enqueues a job, or adds what is wanted to its ticket.</summary>
    /// <param name="wanted">The ticket as it would be if there were none.</param>
    /// <param name="seen">The ticket that was read before; null where there was none.</param>
    /// <param name="isPresent">True where storage still has the version to describe. Asked before a ticket of another version is replaced: that may be the newer one.</param>
    /// <param name="cancellationToken">Gives up. A ticket may then have no message: the next sweep finds that.</param>
    /// <returns>False where the ticket said so already, or has a newer version.</returns>
    public async Task<bool> EnqueueAsync(Ticket wanted, StoredTicket? seen, Func<CancellationToken, Task<bool>> isPresent, CancellationToken cancellationToken)
    {
        var (written, name) = (wanted, wanted.Job.Name);
        using var turn = await _turns.TakeAsync(name, cancellationToken);
        var isFirst = _unsent.TryAdd(name, 0);
        while (true)
        {
            if (isFirst && Says(seen, wanted.Job.Version, wanted.Want))
            {
                _unsent.TryRemove(name, out _);
                return false;
            }

            if (seen?.Ticket?.Job is { } other && other.Version != wanted.Job.Version && wanted.Job is not ProductJob { IsWish: true } && !await isPresent(cancellationToken))
            {
                // What a person asked for holds for the newer version too.
                wanted = wanted with { Job = other };
                continue;
            }

            var merged = Merge(wanted, seen);
            if (await Tickets.TryWriteAsync(merged, seen?.ETag, cancellationToken) is not null)
            {
                written = merged;
                break;
            }

            // Another process was faster, or an answer to this call was lost.
            seen = await Tickets.ReadAsync(name, cancellationToken);
            if (seen?.Ticket is { } there && there.Call == wanted.Call)
            {
                written = there;
                break;
            }
        }

        if (written.Holder is null)
        {
            await SendAsync(name, cancellationToken);
        }

        _unsent.TryRemove(name, out _);
        return written.Holder is null || wanted.Want.Redo is not null;
    }

    /// <summary>Sends the message of a ticket.</summary>
    /// <param name="name"><see cref="CaptionJob.Name"/>.</param>
    /// <param name="cancellationToken">Gives up; it may have been sent.</param>
    public Task SendAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(new() { Container = storage.Images.Name, Name = name, EnqueuedAt = time.GetUtcNow() }, TimeSpan.Zero, cancellationToken);

    /// <summary>Sends a message.</summary>
    /// <param name="hint">The message.</param>
    /// <param name="delay">Until then no worker sees it; up to 7 days.</param>
    /// <param name="cancellationToken">Gives up; it may have been sent.</param>
    public async Task SendAsync(JobHint hint, TimeSpan delay, CancellationToken cancellationToken)
    {
        using var span = CaptionTracing.StartSend(storage.Captions.Name);
        try
        {
            var sent = await storage.Captions.SendLastingAsync(CaptionMessage.Format(CaptionTracing.Stamp(hint)), delay, cancellationToken);
            span?.SetTag("messaging.message.id", sent.MessageId);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            CaptionTracing.Fail(span, error);
            throw;
        }
    }

    private static bool Says(StoredTicket? seen, string version, Want want) => seen?.Ticket is { } ticket && ticket.Job.Version == version && want.Redo is null;

    private static Ticket Merge(Ticket wanted, StoredTicket? seen)
    {
        if (seen?.Ticket is not { } ticket)
        {
            return wanted;
        }

        var isSame = ticket.Job.Version == wanted.Job.Version || wanted.Job is ProductJob { IsWish: true };
        if (!isSame && ticket.Job.ContentHash == wanted.Job.ContentHash && ticket.Job.Preparation == wanted.Job.Preparation && ticket.Job.ContentHash.Length > 0)
        {
            // The same bytes were uploaded again: whoever works on them goes on.
            ticket = ticket with { Job = wanted.Job };
            isSame = true;
        }

        if (!isSame)
        {
            // A newer version is described in full. What a person asked for holds for it too.
            return wanted with { Want = ticket.AllWanted.And(wanted.Want) with { Part = null } };
        }

        return seen.IsHeld
            ? ticket with { Next = wanted.Want.Redo is null ? ticket.Next : ticket.Next?.And(wanted.Want) ?? wanted.Want, HoldSeconds = Ticket.Seconds(seen.Busy), Call = wanted.Call }
            : ticket.Freed(TimeSpan.Zero) with
            {
                Want = wanted.Want.Redo is null ? ticket.AllWanted : ticket.AllWanted.And(wanted.Want),
                Tries = wanted.Want.Redo is null ? ticket.Tries : [],
                EnqueuedAt = wanted.EnqueuedAt,
                Call = wanted.Call,
            };
    }
}
