using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>Which records are to be written anew. What is left out does not restrict; at least one of names, status, flag, profile and prefix must be given.</summary>
public sealed record RedoRequest : IValidatableObject
{
    /// <summary>The base profile for a record that was written for the profile of this name; the folder's settings change it as ever.</summary>
    public required Func<string, Profile> Profiles { get; init; }

    /// <summary>Names of images, of their records, which stand for them, or of product records. Empty, the default, for the whole container.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Only records that ended so; null for any.</summary>
    public RecordStatus? Status { get; init; }

    /// <summary>Only records with this flag, or with one that ends in it after a hyphen: <c>low-confidence</c> finds <c>color-low-confidence</c>. Null for any.</summary>
    public string? Flag { get; init; }

    /// <summary>Only records that were written for the profile of this name; null for any.</summary>
    public string? Profile { get; init; }

    /// <summary>Only images whose names start with this; null for all.</summary>
    public string? Prefix { get; init; }

    /// <summary>True drops what people wrote over the model's words (<c>review.edits</c>) once the new copy is there; the rest of the review stays.</summary>
    public bool OverEdits { get; init; }

    /// <summary>What of each record is written anew; null, the default, for all of it. The rest stays as it is.</summary>
    public CopyPart? Only { get; init; }

    /// <summary>
    /// Name of a profile in place of the folder's: a container's own or a built-in one. The record stays with it until its picture changes. Null, the default, for the
    /// one that it has. Views of products and products can't change.
    /// </summary>
    public string? As { get; init; }

    /// <summary>Images taken in at the same time. Range 1 to 64, default the number of cores.</summary>
    [Range(1, 64)]
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 64);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Names.Count == 0 && Status is null && Flag is null && Profile is null && string.IsNullOrEmpty(Prefix))
        {
            yield return new("Say which records: names of pictures, --status, --flag, --profile or --prefix. 'captioner sweep --force' describes every picture anew.");
        }
    }
}
