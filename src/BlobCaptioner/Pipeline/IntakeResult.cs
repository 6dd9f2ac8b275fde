using BlobCaptioner.Records;
using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>The result of taking in an image or a product.</summary>
public enum IntakeResult
{
    /// <summary>Its job is in the queue.</summary>
    Enqueued,

    /// <summary>Its record is there and up to date.</summary>
    UpToDate,

    /// <summary>The same bytes were uploaded again: its record points at the new version now, without a new caption.</summary>
    Refreshed,

    /// <summary>It can't be described; its record says why.</summary>
    Rejected,

    /// <summary>It was deleted.</summary>
    Gone,

    /// <summary>Its job is in the queue already, or a worker has it.</summary>
    AlreadyQueued,

    /// <summary>The blob is not an image by its name (<see cref="ImageNames.IsImage"/>).</summary>
    NotAnImage,

    /// <summary>A blob that is not a record has its record's name; nothing was done.</summary>
    Blocked,

    /// <summary>The day's budget is reached (<see cref="SpendCap"/>); nothing was done. A sweep takes it in once sending goes on.</summary>
    Paused,
}

/// <summary>The result of taking in an image, and the reason.</summary>
/// <param name="Result">The result.</param>
/// <param name="Error">The reason; only for <see cref="IntakeResult.Rejected"/>, <see cref="IntakeResult.Blocked"/> and <see cref="IntakeResult.Paused"/>.</param>
public sealed record IntakeOutcome(IntakeResult Result, RecordError? Error = null)
{
    /// <summary>True where it was its product's last unfinished view, and the product's job is in the queue now.</summary>
    public bool ProductEnqueued { get; init; }
}
