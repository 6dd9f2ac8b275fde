namespace BlobCaptioner.Pipeline;

/// <summary>What happened to an image.</summary>
public enum PipelineEventKind
{
    /// <summary>It lies in the container now.</summary>
    Uploaded,

    /// <summary>It is read and prepared now.</summary>
    Preparing,

    /// <summary>After <see cref="Preparing"/>: nothing was enqueued, since it is gone, up to date or turned down, or intake broke off.</summary>
    Passed,

    /// <summary>It was prepared and its job enqueued.</summary>
    Enqueued,

    /// <summary>It can't be described; its record says why.</summary>
    Rejected,

    /// <summary>A model works on it now.</summary>
    Started,

    /// <summary>Its record with the copy is written.</summary>
    Described,

    /// <summary>A try failed; there will be another.</summary>
    Retried,

    /// <summary>Given up after the last try; its record says why.</summary>
    Failed,

    /// <summary>Its job was dropped: the image is gone, replaced, or described already.</summary>
    Dropped,

    /// <summary>Its job was handed back to the queue unfinished.</summary>
    HandedBack,

    /// <summary>Where its record belongs lies a file of somebody else's, which is left alone.</summary>
    Blocked,

    /// <summary>A message could not be read and went to the poison queue; the name is the message's id.</summary>
    Unreadable,

    /// <summary>Storage could not be reached or answered with an error; it is tried again. The name is what was tried.</summary>
    StorageTrouble,
}
