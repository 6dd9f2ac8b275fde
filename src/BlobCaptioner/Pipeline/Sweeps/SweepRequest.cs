using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>What a sweep goes over.</summary>
public sealed record SweepRequest
{
    /// <summary>What to write about the images.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Only names that start with this; null, the default, for all.</summary>
    public string? Prefix { get; init; }

    /// <summary>True describes every image anew.</summary>
    public bool Force { get; init; }

    /// <summary>True takes images up again that were given up.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>Images taken in at the same time. Range 1 to 64, default the number of cores.</summary>
    [Range(1, 64)]
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 64);
}
