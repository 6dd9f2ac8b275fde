using System.Globalization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Tests.Simulation.Scheduling;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>All calls of the model. Holds: once for each version and wish, unless the lease ran out or the call was in vain.</summary>
internal sealed class CallLedger(SimulatedWorld world)
{
    private readonly List<ModelCall> _calls = [];

    public IReadOnlyList<ModelCall> All => _calls;

    /// <summary>Notes that the model begins.</summary>
    public ModelCall Begin(SimulatedProcess process, CaptionRequest request)
    {
        var name = world.NameOf(request);
        var ticket = world.Tickets.Find(name);
        var key = world.KeyOf(name, request, ticket);
        var call = new ModelCall(world, process, name, _calls.Count, _calls.Count(c => c.Name == name), world.Loop.Now, key, ticket?.Holder);
        world.Note(process.Name, $"model begins '{name}' (call {call.Id})");
        world.Tickets.Began(process, name);
        if (_calls.FindLast(c => c.Key == key && !c.IsExcused) is { } before)
        {
            world.Violate("asked-twice", $"The model is asked about '{name}' by {process.Name} (call {call.Id}) though call {before.Id} by {before.Process.Name} {before.State} for the same version and wish, and its lease did not run out.");
        }

        _calls.Add(call);
        return call;
    }

    /// <summary>The lease really ran out, or the try is noted as failed: the picture may be described again.</summary>
    public void InVainNow(string name) => _calls.ForEach(c => c.IsExcused |= c.Name == name);

    /// <summary>The last call of a process for a name that nothing excuses; null for none.</summary>
    public ModelCall? Unexcused(SimulatedProcess process, string name) => _calls.FindLast(c => c.Name == name && c.Process == process && !c.IsExcused);

    /// <summary>The call that a hold on a ticket was taken for; null while the model has not begun.</summary>
    public ModelCall? Of(string holder) => _calls.FindLast(c => c.Holder == holder);

    /// <summary>A process is told to abort what it has in hand.</summary>
    public void Aborted(SimulatedProcess process)
    {
        Refused(process);
        _calls.FindAll(c => c.Process == process).ForEach(c => c.IsAborted = true);
    }

    /// <summary>What a process had in hand may be done again, since storage refused it.</summary>
    public void Refused(SimulatedProcess process) => _calls.FindAll(c => c.Process == process).ForEach(c => c.IsExcused = c.IsRefused = true);

    /// <summary>A record was written: the calls whose texts it has did not come to nothing.</summary>
    public void Recorded(string content) => _calls.ForEach(c => c.IsRecorded |= content.Contains($" by call {c.Id}\"", StringComparison.Ordinal));

    /// <summary>The calls of a name that came to nothing: failed, their process died, or storage refused both their record and the hand-back of the try.</summary>
    public int InVain(string name) => _calls.Count(c => c.Name == name && (c.Process.IsDead || c.EndedAs is CallEnd.Failed or CallEnd.Cancelled or null || c is { IsRefused: true, IsRecorded: false }));

    /// <summary>The call that wrote a text; null where no call did.</summary>
    public ModelCall? WriterOf(string? text) =>
        text is not null && text.LastIndexOf(' ') is var at and >= 0 && int.TryParse(text.AsSpan(at + 1), CultureInfo.InvariantCulture, out var id) && id < _calls.Count ? _calls[id] : null;
}

/// <summary>A call of the model.</summary>
internal sealed class ModelCall(SimulatedWorld world, SimulatedProcess process, string name, int id, int nth, DateTimeOffset began, string key, string? holder)
{
    private bool _isExcused;

    public SimulatedProcess Process => process;

    public string Name => name;

    public int Id => id;

    /// <summary>Its number among those of its name.</summary>
    public int Nth => nth;

    public DateTimeOffset Began => began;

    /// <summary>Name, version and wish.</summary>
    public string Key => key;

    /// <summary>The hold on the ticket that the model began under; null without one.</summary>
    public string? Holder => holder;

    public CallEnd? EndedAs { get; private set; }

    /// <summary>True once storage refused its process something.</summary>
    public bool IsRefused { get; set; }

    /// <summary>True once a record had its text.</summary>
    public bool IsRecorded { get; set; }

    /// <summary>True once its process was told to abort it, whether or not the model listens.</summary>
    public bool IsAborted { get; set; }

    /// <summary>True while its worker waits for it, and so has to renew its hold.</summary>
    public bool IsAwaited => EndedAs is null && !IsAborted && world.Loop.Now - began <= Staff.QueueOptions.ModelTimeout;

    /// <summary>True where another call for the same is no fault.</summary>
    public bool IsExcused
    {
        get => _isExcused || process.IsDead || EndedAs is CallEnd.Failed;
        set => _isExcused = value;
    }

    public string State => EndedAs is { } end ? $"has {end.ToString().ToLowerInvariant()}" : "still runs";

    public string TextOf(string field) => $"{field} of {name} by call {id}";

    public void End(CallEnd how)
    {
        if (IsAwaited)
        {
            world.Tickets.CheckRenewed(this);
        }

        EndedAs = how;
        if (how == CallEnd.Failed)
        {
            // the record may say failed from now on, in place of an earlier copy
            world.Calls.InVainNow(name);
        }

        if (how == CallEnd.Cancelled && !IsExcused && world.Loop.Now - began < Staff.QueueOptions.ModelTimeout && holder is not null && world.Tickets.Find(name)?.Holder == holder)
        {
            world.Violate("healthy-aborted", $"{process.Name} aborted call {id} for '{name}' though it holds the ticket and was not told to stop.");
        }

        world.Note(process.Name, $"model {how.ToString().ToLowerInvariant()} '{name}' (call {id})");
    }
}

/// <summary>How a call of the model ended.</summary>
internal enum CallEnd
{
    Answered,
    Failed,
    Cancelled,
}
