using BlobCaptioner.Storage;

namespace BlobCaptioner.Pipeline;

/// <summary>What became of an image at intake.</summary>
public enum IntakeResult
{
    /// <summary>Its job is in the queue.</summary>
    Enqueued,

    /// <summary>Its record is there and up to date.</summary>
    UpToDate,

    /// <summary>The same bytes were uploaded again: its record was made to point at the new version, without a new caption.</summary>
    Refreshed,

    /// <summary>It can't be described; its record says why.</summary>
    Rejected,

    /// <summary>It is no longer there.</summary>
    Gone,

    /// <summary>Its job is in the queue already, or somebody else is taking it in right now.</summary>
    AlreadyQueued,

    /// <summary>The name is not an image's (<see cref="ImageNames.IsImage"/>).</summary>
    NotAnImage,

    /// <summary>A file of somebody else's lies where its record belongs; nothing was done.</summary>
    Blocked,
}
