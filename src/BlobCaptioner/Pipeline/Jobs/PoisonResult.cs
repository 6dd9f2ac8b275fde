namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>What became of a poison message.</summary>
public enum PoisonResult
{
    /// <summary>Its image has a <c>failed</c> record now.</summary>
    Marked,

    /// <summary>A record of that version of the image was there already; it was left as it is.</summary>
    OnRecord,

    /// <summary>The image is gone or was replaced; the newer version has its own way.</summary>
    Outdated,

    /// <summary>No image is known, or no record can be written beside it: the message went to <see cref="Storage.CaptionStorage.Kept"/>.</summary>
    Kept,
}
