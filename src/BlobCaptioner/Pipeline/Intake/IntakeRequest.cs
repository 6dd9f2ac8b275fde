using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>One image to be taken in.</summary>
public sealed record IntakeRequest
{
    /// <summary>The image blob's name.</summary>
    public required string Name { get; init; }

    /// <summary>What to write about it where its folder says nothing.</summary>
    public required Profile Profile { get; init; }

    /// <summary>True describes it anew although its record is up to date.</summary>
    public bool Force { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written; the rest of the review stays.</summary>
    public bool OverEdits { get; init; }

    /// <summary>What of its record is written anew; null, the default, for all of it.</summary>
    public CopyPart? Only { get; init; }

    /// <summary>Name of the profile in place of the folder's, until the picture changes; null, the default, for what the folder says.</summary>
    public string? As { get; init; }

    /// <summary>True asks for other words than those that are there.</summary>
    public bool Vary { get; init; }

    /// <summary>True takes an image up again that was given up.</summary>
    public bool RetryFailed { get; init; }
}
