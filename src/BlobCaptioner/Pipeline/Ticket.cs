using System.Text.Json.Serialization;
using BlobCaptioner.Captioning;

namespace BlobCaptioner.Pipeline;

/// <summary>
/// A small blob for each picture or product that is on its way: what is wanted, how often the model began, and who works on it. Messages only name it.
/// It is deleted when nothing more is wanted.
/// </summary>
internal sealed record Ticket
{
    /// <summary>The images' container.</summary>
    public required string Container { get; init; }

    /// <summary>The picture or product, in the version to describe.</summary>
    public required CaptionJob Job { get; init; }

    /// <summary>The base profile's name. The worker reads the folder's settings again.</summary>
    public required string Profile { get; init; }

    /// <summary>The version of profile, folder settings and facts when the job was enqueued.</summary>
    public required string ProfileVersion { get; init; }

    /// <summary>What is wanted.</summary>
    public required Want Want { get; init; }

    /// <summary>What was wanted in addition while a worker had the ticket; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Want? Next { get; init; }

    /// <summary>Id of the call that enqueued it last: a call whose answer was lost finds its own ticket by it.</summary>
    public required string Call { get; init; }

    /// <summary>When the job was enqueued, UTC, by the clock of the process that did.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>Each time that the model began, the last one last.</summary>
    public IReadOnlyList<TicketTry> Tries { get; init; } = [];

    /// <summary>How often a worker left it because it did not know the profile. That counts no try.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Waits { get; init; }

    /// <inheritdoc cref="Records.RecordGeneration.Rounds"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Rounds { get; init; }

    /// <summary>Id of the worker's hold on it; null while nobody works on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Holder { get; init; }

    /// <summary>Id of the message with which its worker came; null while nobody works on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    /// <summary>Seconds after its last change, by storage's clock, until it is free: the rest of a worker's lease, or the wait before the next try.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int HoldSeconds { get; init; }

    /// <summary>The last try's error; null before the first try, and where the worker died.</summary>
    [JsonIgnore]
    public string? LastError => Tries.Count > 0 ? Tries[^1].Error : null;

    /// <summary>All that is wanted, in one.</summary>
    [JsonIgnore]
    public Want AllWanted => Next is { } next ? Want.And(next) : Want;

    /// <summary>The same ticket, all that is wanted as one wish.</summary>
    public Ticket Merged() => this with { Want = AllWanted, Next = null };

    /// <summary>The same ticket with nobody working on it.</summary>
    /// <param name="wait">The wait before the next try. It is rounded down, so that the message does not come before its time.</param>
    public Ticket Freed(TimeSpan wait) => Merged() with { Holder = null, Message = null, HoldSeconds = (int)Math.Min(wait.TotalSeconds, int.MaxValue / 2) };

    /// <summary>Whole seconds, rounded up.</summary>
    public static int Seconds(TimeSpan time) => (int)Math.Ceiling(Math.Min(time.TotalSeconds, int.MaxValue / 2));
}

/// <summary>What is wanted of a picture or product.</summary>
internal sealed record Want
{
    /// <summary>Describes it where its record is not fresh.</summary>
    public static Want Fresh { get; } = new();

    /// <summary>Id of a person's wish to write the record anew, which the new record carries; null where only a fresh record is wanted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Redo { get; init; }

    /// <summary>The part of the record to write again; null for all of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CopyPart? Part { get; init; }

    /// <summary>True asks for a wording other than the present record's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NewWording { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OverEdits { get; init; }

    /// <summary>Name of the profile in place of the folder's; null for the folder's.</summary>
    [JsonPropertyName("as")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProfileOverride { get; init; }

    /// <summary>This and a later wish in one, under the later one's id: nothing of either is left out.</summary>
    public Want And(Want later) => new()
    {
        Redo = later.Redo ?? Redo,
        Part = Part is { } a && later.Part is { } b ? new(Union(a.Fields, b.Fields), Union(a.Languages, b.Languages)) : null,
        NewWording = NewWording || later.NewWording,
        OverEdits = OverEdits || later.OverEdits,
        ProfileOverride = later.ProfileOverride ?? ProfileOverride,
    };

    // Empty stands for all.
    private static List<string> Union(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        one.Count == 0 || other.Count == 0 ? [] : [.. one.Union(other, StringComparer.Ordinal)];
}

/// <summary>A try: the model began.</summary>
/// <param name="At">When, UTC, by the worker's clock.</param>
/// <param name="Worker">Machine and process.</param>
/// <param name="Error">Why it failed, up to 500 characters; null while it runs, and where the worker died.</param>
internal sealed record TicketTry(DateTimeOffset At, string Worker, string? Error = null);
