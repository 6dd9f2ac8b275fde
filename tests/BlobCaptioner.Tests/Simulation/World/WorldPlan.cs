using BlobCaptioner.Tests.Simulation.Scheduling;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>What happens in a run: drawn from its seed, or what is left of that after shrinking.</summary>
internal sealed record WorldPlan
{
    public required ulong Seed { get; init; }

    /// <summary>Pictures in the container at most, 1 to 4.</summary>
    public required int Pictures { get; init; }

    /// <summary>True where pictures are views of products.</summary>
    public required bool HasProducts { get; init; }

    /// <summary>True where a message lies in the queue all the time, so that it is never empty.</summary>
    public required bool HasBallast { get; init; }

    /// <summary>True where people and operators often act just while the model is at work.</summary>
    public required bool HasMeddling { get; init; }

    /// <summary>Share of requests that go wrong, 0 to 1.</summary>
    public required double FaultRate { get; init; }

    /// <summary>How often a delivery isn't in the order of sending, 0 to 1.</summary>
    public required double Disorder { get; init; }

    /// <summary>Time until faults and actions end and everything must come to rest.</summary>
    public required TimeSpan Length { get; init; }

    public required IReadOnlyList<PlannedAction> Actions { get; init; }

    /// <summary>The faults, if they aren't drawn by <see cref="FaultRate"/>.</summary>
    public IReadOnlyList<PlannedFault>? Faults { get; init; }

    /// <summary>Draws a plan.</summary>
    public static WorldPlan Draw(ulong seed)
    {
        var dice = new Dice(seed).Of("plan");
        var (pictures, length) = (1 + dice.Below(4), TimeSpan.FromMinutes(10 + dice.Below(25)));
        var actions = new List<PlannedAction>
        {
            new(TimeSpan.FromSeconds(1), ActionKind.Upload, 0),
            new(TimeSpan.FromSeconds(2 + dice.Below(5)), ActionKind.WorkerStart, dice.Below(1024)),
            new(TimeSpan.FromSeconds(3 + dice.Below(20)), dice.Chance(0.5) ? ActionKind.Sweep : ActionKind.Event, 0),
        };
        for (var count = 3 + dice.Below(14); count > 0; count--)
        {
            // half of them soon after another one, since races need neighbours
            var near = dice.Chance(0.5) ? dice.Pick(actions).At + dice.Between(TimeSpan.Zero, TimeSpan.FromSeconds(3)) : length * dice.Fraction();
            actions.Add(new(near, dice.Pick(ActionKinds.ByWeight), dice.Below(1 << 20)));
        }

        return new()
        {
            Seed = seed,
            Pictures = pictures,
            HasProducts = dice.Chance(0.25),
            HasBallast = dice.Chance(0.4),
            HasMeddling = dice.Chance(0.5),
            FaultRate = dice.Pick([0, 0, 0.005, 0.02, 0.06]),
            Disorder = dice.Pick([0, 0.1, 0.5]),
            Length = length,
            Actions = [.. actions.OrderBy(a => a.At)],
        };
    }
}

/// <summary>A fault of one request.</summary>
/// <param name="Process">The process that sends it.</param>
/// <param name="Ordinal">Its number in that process.</param>
/// <param name="Fault">What goes wrong.</param>
internal sealed record PlannedFault(string Process, int Ordinal, Fault Fault);

/// <summary>Something that a person, an operator or the platform does.</summary>
/// <param name="At">Time since the start.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Number">Chooses picture, content and details.</param>
internal sealed record PlannedAction(TimeSpan At, ActionKind Kind, int Number);

/// <summary>The kinds of actions.</summary>
internal enum ActionKind
{
    /// <summary>A picture is uploaded, with new bytes or those of another one.</summary>
    Upload,

    /// <summary>The same bytes are uploaded again.</summary>
    UploadSame,

    Delete,

    /// <summary>A blob event arrives, once or twice.</summary>
    Event,

    Sweep,

    /// <summary>A person asks for a record, or a part of it, to be written again.</summary>
    Redo,

    /// <summary>The profile changes, or changes back.</summary>
    ChangeProfile,

    /// <summary>A person edits a record.</summary>
    Edit,

    ClearQueue,
    LoseMessage,
    DoubleMessage,

    /// <summary>A lifecycle rule deletes a prepared image.</summary>
    LosePrepared,

    WorkerStart,
    WorkerStop,
    WorkerAbort,
    WorkerKill,

    /// <summary>A Functions host starts, whose function owns no lease.</summary>
    HostStart,

    HostKill,

    /// <summary>Storage answers nothing for a while.</summary>
    Outage,

    /// <summary>The identity can't sign in for a while, or a firewall refuses it.</summary>
    Refusal,

    /// <summary>A message arrives that can't be worked on.</summary>
    BadMessage,

    /// <summary>A file that isn't a record gets a record's name, and is removed later.</summary>
    BadRecord,

    /// <summary>A ticket gets a content that can't be read.</summary>
    BadTicket,

    /// <summary>The model fails a few times for one picture.</summary>
    ModelFails,

    /// <summary>The model never answers for one picture.</summary>
    ModelHangs,
}

/// <summary>How often each kind is drawn.</summary>
internal static class ActionKinds
{
    /// <summary>What is done while the model is at work.</summary>
    public static IReadOnlyList<ActionKind> Meddling { get; } =
    [
        ActionKind.UploadSame, ActionKind.UploadSame, ActionKind.Upload, ActionKind.Delete, ActionKind.Redo, ActionKind.Edit, ActionKind.Event, ActionKind.Sweep, ActionKind.LoseMessage,
        ActionKind.DoubleMessage, ActionKind.ChangeProfile, ActionKind.Refusal, ActionKind.Refusal,
    ];

    public static IReadOnlyList<ActionKind> ByWeight { get; } =
    [
        .. Times(6, ActionKind.Upload), .. Times(3, ActionKind.UploadSame), .. Times(2, ActionKind.Delete), .. Times(6, ActionKind.Event), .. Times(6, ActionKind.Sweep),
        .. Times(5, ActionKind.Redo), .. Times(3, ActionKind.ChangeProfile), .. Times(4, ActionKind.Edit), ActionKind.ClearQueue, .. Times(2, ActionKind.LoseMessage),
        .. Times(2, ActionKind.DoubleMessage), ActionKind.LosePrepared, .. Times(4, ActionKind.WorkerStart), .. Times(2, ActionKind.WorkerStop), ActionKind.WorkerAbort,
        .. Times(3, ActionKind.WorkerKill), .. Times(2, ActionKind.HostStart), ActionKind.HostKill, ActionKind.Outage, ActionKind.Refusal, ActionKind.BadMessage,
        ActionKind.BadRecord, ActionKind.BadTicket, .. Times(2, ActionKind.ModelFails), ActionKind.ModelHangs,
    ];

    private static IEnumerable<ActionKind> Times(int count, ActionKind kind) => Enumerable.Repeat(kind, count);
}
