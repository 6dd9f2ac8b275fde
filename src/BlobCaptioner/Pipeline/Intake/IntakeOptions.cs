using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;
using Microsoft.Extensions.Options;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>How images are taken in.</summary>
public sealed record IntakeOptions
{
    /// <summary>
    /// A job that nobody has, and that lies this long behind the queue's front, has lost its message: a sweep sends it again. Where the queue is empty, 10 seconds do.
    /// </summary>
    /// <value>0 to 1 day, default 5 min. Sending a message twice is harmless.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan LostAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The model that will describe the images. A record by another model is then out of date.</summary>
    /// <value>Default null: this process knows no model, and everything but the model is compared.</value>
    public CaptionModelInfo? Model { get; init; }
}

/// <summary>Checks <see cref="IntakeOptions"/>; generated from its attributes.</summary>
[OptionsValidator]
public sealed partial class IntakeOptionsValidator : IValidateOptions<IntakeOptions>;
