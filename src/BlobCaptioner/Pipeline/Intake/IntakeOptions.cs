using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>How images are taken in.</summary>
public sealed record IntakeOptions
{
    /// <summary>After how long a claim counts as abandoned where its intake never enqueued the job. Another intake then takes over.</summary>
    /// <value>0 to 1 day, default 2 min: well above the longest preparation.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ClaimTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The model that will describe the images. A record by another model is then out of date.</summary>
    /// <value>Default null: this process knows no model, and everything but the model is compared.</value>
    public CaptionModelInfo? Model { get; init; }
}

/// <summary>Checks <see cref="IntakeOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class IntakeOptionsValidator : IValidateOptions<IntakeOptions>;
