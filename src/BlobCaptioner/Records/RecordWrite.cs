namespace BlobCaptioner.Records;

/// <summary>How writing a record ended.</summary>
public enum RecordWrite
{
    /// <summary>It lies beside its image.</summary>
    Written,

    /// <summary>A record with the same fingerprint for the same image was there already; nothing was written.</summary>
    AlreadyThere,

    /// <summary>The image is gone; no record of ours was left behind.</summary>
    ImageGone,

    /// <summary>The image was replaced; its newer version gets a record of its own.</summary>
    ImageChanged,

    /// <summary>A file of somebody else's lies where the record belongs; it was left alone.</summary>
    Blocked,
}
