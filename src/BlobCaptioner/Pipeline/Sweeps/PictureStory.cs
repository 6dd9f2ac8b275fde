using System.Text.Json.Serialization;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>The story of a picture or product, from what storage holds: its blob, its ticket, its record and the queue. For people who ask why it is where it is.</summary>
public sealed record PictureStory
{
    /// <summary>The picture's name; for a product its record's name.</summary>
    public required string Name { get; init; }

    /// <summary>True for a product.</summary>
    public bool IsProduct => ProductRecords.IsProductRecord(Name);

    /// <summary>Where it is on its way.</summary>
    public required StoryState State { get; init; }

    /// <summary>What happened, in order, at least one.</summary>
    public required IReadOnlyList<StoryEvent> Events { get; init; }

    /// <summary>What differs from what a record would say now: <c>source</c>, <c>profile</c>, <c>preparation</c>, <c>model</c>. Empty for an up-to-date record, and without a record.</summary>
    public IReadOnlyList<string> Differs { get; init; } = [];

    /// <summary>What happens next, or what to do: one or two sentences.</summary>
    public required string Next { get; init; }

    /// <summary>Seconds until then, rounded up; null where that is unknown.</summary>
    public int? NextInSeconds { get; init; }
}

/// <summary>A step of a <see cref="PictureStory"/>.</summary>
/// <param name="Kind">The kind of step.</param>
/// <param name="At">When, UTC, by the clock of storage (<see cref="StoryEventKind.Uploaded"/>, <see cref="StoryEventKind.Prepared"/>) or of the process that did it. Null for a present state.</param>
/// <param name="Text">What happened: one or two sentences.</param>
public sealed record StoryEvent(StoryEventKind Kind, DateTimeOffset? At, string Text);

/// <summary>Where a picture or product is on its way.</summary>
public enum StoryState
{
    /// <summary>The name is not one of a picture or a product record.</summary>
    [JsonStringEnumMemberName("not-a-picture")]
    NotAPicture,

    /// <summary>There is no such picture or product.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,

    /// <summary>A blob that can't be used has its record's name.</summary>
    [JsonStringEnumMemberName("blocked")]
    Blocked,

    /// <summary>The next sweep takes it in.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>A sweep would take it in, but the day's budget is reached.</summary>
    [JsonStringEnumMemberName("paused")]
    Paused,

    /// <summary>A product that waits for its views.</summary>
    [JsonStringEnumMemberName("waits-for-views")]
    WaitsForViews,

    /// <summary>Its message is in the queue.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>A worker has it.</summary>
    [JsonStringEnumMemberName("working")]
    Working,

    /// <summary>It waits for its next try.</summary>
    [JsonStringEnumMemberName("retrying")]
    Retrying,

    /// <summary>Its message was lost.</summary>
    [JsonStringEnumMemberName("message-lost")]
    MessageLost,

    /// <summary>It is described, and its record is up to date.</summary>
    [JsonStringEnumMemberName("described")]
    Described,

    /// <summary>It can't be described; the record is up to date.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>It was given up; the record is up to date.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>The kinds of <see cref="StoryEvent"/>.</summary>
public enum StoryEventKind
{
    /// <summary>Something about the name.</summary>
    [JsonStringEnumMemberName("name")]
    Name,

    /// <summary>The picture was uploaded.</summary>
    [JsonStringEnumMemberName("uploaded")]
    Uploaded,

    /// <summary>The picture is gone.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,

    /// <summary>The views of a product, or the product of a view.</summary>
    [JsonStringEnumMemberName("views")]
    Views,

    /// <summary>The settings of its folder are broken.</summary>
    [JsonStringEnumMemberName("settings")]
    Settings,

    /// <summary>It was taken in: its prepared image was stored.</summary>
    [JsonStringEnumMemberName("prepared")]
    Prepared,

    /// <summary>Its job was enqueued.</summary>
    [JsonStringEnumMemberName("sent")]
    Sent,

    /// <summary>A try that is running.</summary>
    [JsonStringEnumMemberName("begun")]
    Begun,

    /// <summary>A try that failed.</summary>
    [JsonStringEnumMemberName("try-failed")]
    TryFailed,

    /// <summary>A present state of its ticket.</summary>
    [JsonStringEnumMemberName("ticket")]
    Ticket,

    /// <summary>Its record was written.</summary>
    [JsonStringEnumMemberName("record")]
    Record,

    /// <summary>A person's decision.</summary>
    [JsonStringEnumMemberName("review")]
    Review,

    /// <summary>Its record can't be used.</summary>
    [JsonStringEnumMemberName("blocked")]
    Blocked,

    /// <summary>Whether the record is up to date.</summary>
    [JsonStringEnumMemberName("fresh")]
    Fresh,
}
