using System.Text.Json;
using Azure.Core;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Tests.Simulation.Scheduling;
using BlobCaptioner.Tests.Simulation.Store;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>Watches each change of a ticket. Holds: nobody takes a hold that has not run out; a try is counted only when the model begins, and taken back when it is aborted.</summary>
internal sealed class TicketWatch(SimulatedWorld world)
{
    private readonly Dictionary<string, (StoredBlob Blob, Ticket? Ticket)> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Take> _unbegun = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<DateTimeOffset>> _excused = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SimulatedProcess> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<(SimulatedProcess Process, string Blob), DateTimeOffset> _attempts = [];

    /// <summary>The tickets that can be read.</summary>
    public IEnumerable<(StoredBlob Blob, Ticket Ticket)> All => _seen.Values.Where(s => s.Ticket is not null).Select(s => (s.Blob, s.Ticket!));

    /// <summary>True where there are none, of any content.</summary>
    public bool IsEmpty => _seen.Count == 0;

    public Ticket? Find(string name) => _seen.GetValueOrDefault(Tickets.NameOf(world.Names.ImagesContainer, name)).Ticket;

    /// <summary>A process sends a change of a ticket, whatever becomes of it.</summary>
    public void Attempted(SimulatedProcess process, string blobName) => _attempts[(process, blobName)] = world.Loop.Now;

    /// <summary>The model begins: the try counts.</summary>
    public void Began(SimulatedProcess process, string name)
    {
        var blob = Tickets.NameOf(world.Names.ImagesContainer, name);
        if (_unbegun.TryGetValue(blob, out var taken) && taken.Request.Process == process)
        {
            _unbegun.Remove(blob);
        }
    }

    /// <summary>The tries of a name's last ticket that count though the model did not begin, since nobody can tell: their worker died, or was cut off, right after its take.</summary>
    public int Excused(string name) => _excused.GetValueOrDefault(Tickets.NameOf(world.Names.ImagesContainer, name))?.Count ?? 0;

    /// <summary>A request's answer reaches its process: that of a take, or of reading the ticket while its hold lasts, tells the worker that the ticket is its own.</summary>
    public void Answered(PendingRequest request, string blobName)
    {
        if (_unbegun.TryGetValue(blobName, out var taken) && !HasRunOut(_seen[blobName]) && (taken.Request == request || (request.Request.Method == RequestMethod.Get && request.Process == taken.Request.Process && taken.Request.Answer is not null)))
        {
            taken.IsKnown = true;
        }
    }

    /// <summary>Somebody who is no process of ours wrote or removed a ticket.</summary>
    public void Reread(string blobName)
    {
        _unbegun.Remove(blobName);
        Read(blobName);
    }

    /// <summary>A process changed a blob of the tickets' folder.</summary>
    public void Changed(PendingRequest request, string blobName)
    {
        var before = _seen.GetValueOrDefault(blobName);
        var now = request.Request.Method == RequestMethod.Delete ? null : Read(blobName);
        if (now is null)
        {
            if (_unbegun.Remove(blobName, out var last) && CanNotTell(last, before))
            {
                Excuse(blobName, last);
            }

            _seen.Remove(blobName);
            return;
        }

        var (by, name) = (request.Process, now.Job.Name);
        if (before is { Ticket: { Holder: { } holder } held } && holder != now.Holder)
        {
            var left = before.Blob.LastModified.AddSeconds(held.HoldSeconds) - world.Loop.Now;
            if (left > TimeSpan.FromSeconds(1) && held.Job.Version == now.Job.Version && !IsOwn(by, held))
            {
                world.Violate("hold-taken", $"{by.Name} changed the holder of '{name}' while {holder} had it for another {left.TotalSeconds:0} s.");
            }
            else if (now.Holder is not null || now.LastError is not null)
            {
                CheckRenewed(blobName, name, held);

                // the lease ran out, or the try failed
                world.Calls.InVainNow(name);
            }
        }

        if (before is { Ticket: { Holder: not null } own } && IsOwn(by, own) && now is { Holder: null, LastError: null, Tries.Count: > 0 } && now.Tries.Count >= own.Tries.Count
            && before.Blob.LastModified.AddSeconds(own.HoldSeconds) > world.Loop.Now)
        {
            world.Violate("try-kept", $"{by.Name} let go of '{name}' with {now.Tries.Count} tries: it neither noted why the last one failed nor took it back.");
        }

        var tries = before.Ticket is { } was && (was.Job.Version == now.Job.Version || was.Job.ContentHash == now.Job.ContentHash || was.Holder == now.Holder) ? was.Tries.Count : 0;
        // judged when the hold ends: until then the answer to the take may be under way
        if (_unbegun.TryGetValue(blobName, out var taken))
        {
            if (now.Tries.Count < taken.Tries)
            {
                _unbegun.Remove(blobName);
            }
            else if (now.Holder != before.Ticket?.Holder)
            {
                if (!CanNotTell(taken, before))
                {
                    world.Violate("try-without-model", $"'{name}' counts {now.Tries.Count} tries after a write by {by.Name}, but {taken.Request.Process.Name}, which took it, never asked the model.");
                }

                Excuse(blobName, taken);
                _unbegun.Remove(blobName);
            }
        }

        // another ticket, or a wish that began its tries anew
        _excused.GetValueOrDefault(blobName)?.IntersectWith(now.Tries.Select(t => t.At));

        if (now.Tries.Count > tries + 1 || now.Tries.Count > SimulatedWorld.MaxTries)
        {
            world.Violate("tries-jump", $"'{name}' goes from {tries} to {now.Tries.Count} tries; the most is {SimulatedWorld.MaxTries}.");
        }

        if (now.Tries.Count > tries && now.Holder is not null && now.Holder != before.Ticket?.Holder)
        {
            _holders[now.Holder] = by;
            _unbegun[blobName] = new(request, now.Tries.Count, now.Tries[^1].At);
        }
    }

    /// <summary>A model has ended that its worker waited for, and so renewed its hold.</summary>
    public void CheckRenewed(ModelCall call)
    {
        if (Find(call.Name)?.Holder is { } holder && holder == call.Holder && _attempts.TryGetValue((call.Process, Tickets.NameOf(world.Names.ImagesContainer, call.Name)), out var last)
            && world.Loop.Now - last > Staff.QueueOptions.Lease)
        {
            world.Violate("renewing-ended", $"{call.Process.Name} last tried to renew '{call.Name}' {(world.Loop.Now - last).TotalSeconds:0} s ago, though its model was at work (call {call.Id}).");
        }
    }

    // A lease may run out under a live worker, but not because it stopped renewing.
    private void CheckRenewed(string blobName, string name, Ticket held)
    {
        if (_holders.GetValueOrDefault(held.Holder!) is { IsDead: false } holder
            && (world.Calls.Of(held.Holder!) is { IsAwaited: true } awaited ? awaited : world.Calls.Unexcused(holder, name)) is { } call
            && _attempts.TryGetValue((holder, blobName), out var last) && world.Loop.Now - last > Staff.QueueOptions.Lease)
        {
            world.Violate("renewing-ended", $"{holder.Name} lost '{name}' (call {call.Id}): it lives, but last tried to renew it {(world.Loop.Now - last).TotalSeconds:0} s ago.");
        }
    }

    // Its worker died after the take, or it got no answer about the ticket before the lease ran out, which is as if it had died: whether the model began, nobody can tell.
    private bool CanNotTell(Take take, (StoredBlob Blob, Ticket? Ticket) before) => take.Request.Process.IsDead
        || (!take.IsKnown && before.Ticket is not null && HasRunOut(before));

    private bool HasRunOut((StoredBlob Blob, Ticket? Ticket) held) => held.Blob.LastModified.AddSeconds(held.Ticket!.HoldSeconds) <= world.Loop.Now;

    private void Excuse(string blobName, Take take)
    {
        _excused.TryAdd(blobName, []);
        _excused[blobName].Add(take.At);
    }

    private bool IsOwn(SimulatedProcess process, Ticket ticket) => _holders.GetValueOrDefault(ticket.Holder!) == process;

    private Ticket? Read(string blobName)
    {
        if (world.Loop.Store.Blobs.Find(world.Names.PreparedContainer, blobName) is not { } blob)
        {
            _seen.Remove(blobName);
            return null;
        }

        Ticket? ticket = null;
        try
        {
            ticket = JsonSerializer.Deserialize(blob.Content, MessageJson.Compact.Ticket);
        }
        catch (JsonException)
        {
        }

        _seen[blobName] = (blob, ticket);
        return ticket;
    }

    /// <summary>A take that the model hasn't begun for yet.</summary>
    private sealed class Take(PendingRequest request, int tries, DateTimeOffset at)
    {
        public PendingRequest Request => request;

        /// <summary>Tries on the ticket with this one.</summary>
        public int Tries => tries;

        /// <summary>The try's time, which tells it from the ticket's others.</summary>
        public DateTimeOffset At => at;

        /// <summary>True once its worker has heard that the ticket is its own.</summary>
        public bool IsKnown { get; set; }
    }
}
