using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Pipeline.Intake;

/// <summary>An image to take in.</summary>
public sealed record IntakeRequest
{
    /// <summary>The image blob's name.</summary>
    public required string Name { get; init; }

    /// <summary>The profile where its folder names none.</summary>
    public required Profile Profile { get; init; }

    /// <summary>True describes it again even if its record is up to date.</summary>
    public bool Force { get; init; }

    /// <summary>True drops <c>review.edits</c> once the new copy is written; the rest of the review stays.</summary>
    public bool OverEdits { get; init; }

    /// <summary>The part of its record to write again; null, the default, for all of it.</summary>
    public CopyPart? Part { get; init; }

    /// <summary>Name of the profile in place of the folder's, until the image changes; null, the default, for the folder's.</summary>
    public string? ProfileOverride { get; init; }

    /// <summary>True asks for a wording other than the present record's.</summary>
    public bool NewWording { get; init; }

    /// <summary>True tries an image again that was given up.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>Times that a sweep took its failed record up by itself, this time included; 0, the default, for none.</summary>
    internal int Rounds { get; init; }

    internal Want ToWant() => Force
        ? new() { Redo = JobDispatch.NewId(), Part = Part, NewWording = NewWording, OverEdits = OverEdits, ProfileOverride = ProfileOverride }
        : ProfileOverride is null && !OverEdits ? Want.Fresh : new() { OverEdits = OverEdits, ProfileOverride = ProfileOverride };
}
