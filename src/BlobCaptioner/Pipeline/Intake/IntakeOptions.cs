using BlobCaptioner.Captioning;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>How images are taken in.</summary>
public sealed record IntakeOptions
{
    /// <summary>
    /// After how long an intake that claimed an image but never enqueued its job counts as dead, so that another may take over.
    /// Default 2 minutes: well above the longest preparation.
    /// </summary>
    public TimeSpan ClaimTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The model that will describe the images: a record by another one is then out of date.
    /// Null, the default, where the process knows no model: everything but the model is compared.
    /// </summary>
    public CaptionModelInfo? Model { get; init; }
}
