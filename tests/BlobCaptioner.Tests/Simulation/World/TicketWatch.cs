using System.Text.Json;
using Azure.Core;
using BlobCaptioner.Pipeline;
using BlobCaptioner.Tests.Simulation.Scheduling;
using BlobCaptioner.Tests.Simulation.Store;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>Watches each change of a ticket. Holds: nobody takes a hold that has not run out; a try is counted only when the model begins.</summary>
internal sealed class TicketWatch(SimulatedWorld world)
{
    private readonly Dictionary<string, (StoredBlob Blob, Ticket? Ticket)> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (PendingRequest Take, int Tries)> _unbegun = new(StringComparer.Ordinal);

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
        if (_unbegun.TryGetValue(blob, out var taken) && taken.Take.Process == process)
        {
            _unbegun.Remove(blob);
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
            _seen.Remove(blobName);
            _unbegun.Remove(blobName);
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

        var tries = before.Ticket is { } was && (was.Job.Version == now.Job.Version || was.Job.ContentHash == now.Job.ContentHash || was.Holder == now.Holder) ? was.Tries.Count : 0;
        // judged when the hold ends: until then the answer to the take may be under way
        if (_unbegun.TryGetValue(blobName, out var taken))
        {
            if (now.Tries.Count < taken.Tries)
            {
                _unbegun.Remove(blobName);
            }
            else if (!taken.Take.Process.IsDead && now.Holder != before.Ticket?.Holder && !IsCutOff(taken.Take, before))
            {
                world.Violate("try-without-model", $"'{name}' counts {now.Tries.Count} tries after a write by {by.Name}, but {taken.Take.Process.Name}, which took it, never asked the model.");
            }
        }

        if (now.Tries.Count > tries + 1 || now.Tries.Count > SimulatedWorld.MaxTries)
        {
            world.Violate("tries-jump", $"'{name}' goes from {tries} to {now.Tries.Count} tries; the most is {SimulatedWorld.MaxTries}.");
        }

        if (now.Tries.Count > tries && now.Holder is not null && now.Holder != before.Ticket?.Holder)
        {
            _holders[now.Holder] = by;
            _unbegun[blobName] = (request, now.Tries.Count);
        }
    }

    // A lease may run out under a live worker, but not because it stopped renewing.
    private void CheckRenewed(string blobName, string name, Ticket held)
    {
        if (_holders.GetValueOrDefault(held.Holder!) is { IsDead: false } holder && world.Calls.Unexcused(holder, name) is { } call
            && _attempts.TryGetValue((holder, blobName), out var last) && world.Loop.Now - last > Staff.QueueOptions.Lease)
        {
            world.Violate("renewing-ended", $"{holder.Name} lost '{name}' (call {call.Id}): it lives, but last tried to renew it {(world.Loop.Now - last).TotalSeconds:0} s ago.");
        }
    }

    // The answer to the take was lost, and its worker could not ask storage again before the lease ran out: as if it had died.
    private bool IsCutOff(PendingRequest take, (StoredBlob Blob, Ticket? Ticket) before) =>
        take.Fate.Fault != Fault.None && before.Ticket is { } held && before.Blob.LastModified.AddSeconds(held.HoldSeconds) <= world.Loop.Now;

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
}
