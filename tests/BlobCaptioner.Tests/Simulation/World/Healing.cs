using BlobCaptioner.Pipeline;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>The end of a run: without faults, a worker ends what events began, and a sweep every five minutes brings everything to rest, in a bounded time; then a sweep finds nothing.</summary>
internal sealed class Healing(SimulatedWorld world)
{
    private const int MostSweeps = 30;

    /// <summary>Sweeps after which a ticket must have a message or a worker: it is lost after five minutes, and the sweeps come every five.</summary>
    private const int MostOrphanSweeps = 3;
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, int> _orphans = new(StringComparer.Ordinal);

    public void Run()
    {
        world.Staff.StartWorker();
        world.Events.CheckWithoutSweep();
        for (var sweeps = 0; sweeps < MostSweeps; sweeps++)
        {
            world.Log.IsPaused = sweeps is > 3 and < MostSweeps - 1;
            var (next, isOver, found) = (world.Loop.Now + BetweenSweeps, false, default(SweepSummary));
            world.Staff.StartSweep(4, summary => (isOver, found) = (true, summary));
            if (!world.Loop.Run(next, () => world.Violation is not null || (isOver && IsAtRest())))
            {
                world.Violate("deadlock", "Nothing is left that could happen, though workers run.");
            }

            if (world.Violation is not null)
            {
                return;
            }

            if (!isOver || found is null)
            {
                world.Violate("sweep-hangs", $"A sweep without faults {(isOver ? "failed" : "did not end in five minutes")}.");
                return;
            }

            if (IsAtRest() && found is { Enqueued: 0, Refreshed: 0, Rejected: 0, Products: 0, Resent: 0, Errors: 0, InFlight: 0, ProductsInFlight: 0, Gone: 0, Blocked: 0 })
            {
                world.Pictures.CheckAtRest();
                return;
            }

            CheckOrphans();
        }

        world.Log.IsPaused = false;
        world.Violate("no-rest", $"After {MostSweeps} sweeps without faults there is still: {Left()}");
    }

    private bool IsAtRest() => world.Tickets.IsEmpty && world.Staff.IsIdle && Messages().Count == 0;

    private List<string> Messages() => [.. world.Loop.Store.Queues.All(world.Names.CaptionsQueue).Select(m => m.Text).Where(t => t != "ballast")];

    private void CheckOrphans()
    {
        var sent = Messages().Select(t => CaptionMessage.TryParse(t, out var hint, out _) ? hint!.Name : "").ToHashSet(StringComparer.Ordinal);
        foreach (var (blob, ticket) in world.Tickets.All)
        {
            var isHeld = ticket.Holder is not null && blob.LastModified.AddSeconds(ticket.HoldSeconds) > world.Loop.Now;
            _orphans[blob.Name] = isHeld || sent.Contains(ticket.Job.Name) ? 0 : _orphans.GetValueOrDefault(blob.Name) + 1;
            if (_orphans[blob.Name] > MostOrphanSweeps)
            {
                world.Violate("orphan", $"The ticket of '{ticket.Job.Name}' has had neither message nor worker for {MostOrphanSweeps} sweeps.");
            }
        }
    }

    private string Left() => string.Join("; ", [
        .. world.Tickets.All.Select(t => $"ticket of '{t.Ticket.Job.Name}' ({t.Ticket.Tries.Count} tries, {(t.Ticket.Holder is null ? "free" : "held")})"),
        .. Messages().Select(m => CaptionMessage.TryParse(m, out var hint, out _) ? $"message of '{hint!.Name}'" : $"message '{m}'"),
        .. world.Staff.Workers.Where(w => w.Loop.InHand > 0).Select(w => $"{w.Process.Name} has {w.Loop.InHand} in hand"),
        .. world.Staff.Hosts.Where(h => h.InHand > 0).Select(h => $"{h.Process.Name} has {h.InHand} in hand")]);
}
