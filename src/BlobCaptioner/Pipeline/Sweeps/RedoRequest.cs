using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>Selects records to write again. At least one of names, status, flag, profile and prefix is required; a missing one does not restrict.</summary>
public sealed record RedoRequest : IValidatableObject
{
    /// <summary>Returns the base profile of a name. The folder's settings apply to it.</summary>
    public required Func<string, Profile> Profiles { get; init; }

    /// <summary>Names of images, of images' records, or of product records. Empty, the default, for the whole container.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Only records with this status; null for any.</summary>
    public RecordStatus? Status { get; init; }

    /// <summary>Only records with this flag, or with one that ends in a hyphen and this: <c>low-confidence</c> finds <c>color-low-confidence</c>. Null for any.</summary>
    public string? Flag { get; init; }

    /// <summary>Only records of the profile of this name; null for any.</summary>
    public string? Profile { get; init; }

    /// <summary>Only images whose names start with this; null for all.</summary>
    public string? Prefix { get; init; }

    /// <summary>True drops people's edits (<c>review.edits</c>) once the new copy is written; the rest of the review stays.</summary>
    public bool OverEdits { get; init; }

    /// <summary>The part of each record to write again; null, the default, for all of it.</summary>
    public CopyPart? Part { get; init; }

    /// <summary>
    /// Name of a profile in place of the folder's: a container's own or a built-in one. The record keeps it until its image changes. Null, the default, for the
    /// record's own. Products and their views can't change their profile.
    /// </summary>
    public string? ProfileOverride { get; init; }

    /// <summary>Images taken in at the same time. Range 1 to 64, default the number of processors.</summary>
    [Range(1, 64)]
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 64);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Names.Count == 0 && Status is null && Flag is null && Profile is null && string.IsNullOrEmpty(Prefix))
        {
            yield return new("Select records: give names of pictures, --status, --flag, --profile or --prefix. 'captioner sweep --force' describes every picture again.");
        }
    }
}

/// <summary>The counts of a <see cref="Redo"/>. Products count like images. Each selected one is in exactly one of the counts after <see cref="Selected"/>.</summary>
public sealed record RedoSummary
{
    /// <summary>Images and product records looked at.</summary>
    public long Listed { get; init; }

    /// <summary>Of these, with a selected record.</summary>
    public long Selected { get; init; }

    /// <summary>Their job is in the queue now.</summary>
    public long Enqueued { get; init; }

    /// <summary>Their job was in the queue before.</summary>
    public long InFlight { get; init; }

    /// <summary>They can't be described; their record says why.</summary>
    public long Rejected { get; init; }

    /// <summary>The image does not exist.</summary>
    public long Gone { get; init; }

    /// <summary>A blob that is not a record has their record's name.</summary>
    public long Blocked { get; init; }

    /// <summary>The day's budget holds them back: ask again once sending goes on.</summary>
    public long Paused { get; init; }

    /// <summary>They failed: storage refused, or another error occurred.</summary>
    public long Errors { get; init; }
}
