using BlobCaptioner.Pipeline.Intake;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>
/// Finds tickets that have lost their message, and sends it again. A ticket that nobody has, that was last changed before the queue's front was sent and long ago, has no
/// message that is still to come. Sending again is harmless: the second message finds the ticket held or gone.
/// </summary>
internal static class LostMessages
{
    private static readonly TimeSpan InAnEmptyQueue = TimeSpan.FromSeconds(10);

    /// <summary>Goes over all tickets once. It takes a request for 5,000 tickets, and up to two for the queue's front.</summary>
    /// <returns>The number of messages sent.</returns>
    public static async Task<long> SendAgainAsync(ImageIntake intake, CancellationToken cancellationToken)
    {
        var (sent, tickets) = (0L, intake.Dispatch.Tickets);
        QueueFront? front = null;
        await foreach (var listed in tickets.ListAsync(cancellationToken))
        {
            if (listed.Busy > TimeSpan.Zero)
            {
                continue;
            }

            // Read after the ticket's page: what it holds then was sent before.
            front ??= await QueueFront.ReadAsync(intake.Storage, cancellationToken);
            if (IsLost(listed.Busy, listed.LastModified, front, intake.LostAfter) && await SendAsync(intake, listed, cancellationToken))
            {
                sent++;
            }
        }

        return sent;
    }

    /// <summary>True where a ticket has no message that is still to come.</summary>
    /// <param name="busy"><see cref="StoredTicket.Busy"/>.</param>
    /// <param name="lastModified">When the ticket was last changed, by storage's clock.</param>
    /// <param name="front">The queue's front, read after the ticket.</param>
    /// <param name="lostAfter"><see cref="IntakeOptions.LostAfter"/>.</param>
    public static bool IsLost(TimeSpan busy, DateTimeOffset lastModified, QueueFront front, TimeSpan lostAfter) =>
        -busy >= Patience(front, lostAfter) && (front.IsEmpty || lastModified < front.ReadTo);

    /// <summary>How long a free ticket is left alone.</summary>
    public static TimeSpan Patience(QueueFront front, TimeSpan lostAfter) => front.IsEmpty && InAnEmptyQueue < lostAfter ? InAnEmptyQueue : lostAfter;

    private static async Task<bool> SendAsync(ImageIntake intake, ListedTicket listed, CancellationToken cancellationToken)
    {
        var tickets = intake.Dispatch.Tickets;
        var stored = await tickets.ReadBlobAsync(listed.Name, cancellationToken);
        if (stored?.ETag.Plain() != listed.ETag.Plain())
        {
            return false;
        }

        if (stored.Ticket is not { } ticket)
        {
            // It can't be read. Without it the picture is taken in again.
            await tickets.TryDeleteAsync(listed.Name, listed.ETag, cancellationToken);
            return false;
        }

        // Writing it makes it young, so that other sweeps leave it alone.
        if (await tickets.TryWriteAsync(ticket.Freed(TimeSpan.Zero), listed.ETag, cancellationToken) is null)
        {
            return false;
        }

        await intake.Dispatch.SendAsync(ticket.Job.Name, cancellationToken);
        return true;
    }
}
