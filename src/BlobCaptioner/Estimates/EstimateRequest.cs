using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Estimates;

/// <summary>What is to be estimated, and at which prices.</summary>
public sealed record EstimateRequest
{
    /// <summary>What to write where no folder says anything else.</summary>
    public required Profile Profile { get; init; }

    /// <summary>Only names that start with this; null, the default, for all.</summary>
    public string? Prefix { get; init; }

    /// <summary>Pictures to describe. Range 1 to 1,000, default 20.</summary>
    [Range(1, 1_000)]
    public int Sample { get; init; } = 20;

    /// <summary>Decides which pictures those are: the same seed takes the same of an unchanged container.</summary>
    public ulong Seed { get; init; }

    /// <summary>Price of an hour of one GPU, in <see cref="Currency"/>; null for none.</summary>
    public decimal? GpuPricePerHour { get; init; }

    /// <summary>Machines like the one that is measured on. Range 1 to 10,000, default 1. The cost does not depend on it.</summary>
    [Range(1, 10_000)]
    public int Gpus { get; init; } = 1;

    /// <summary>Price of a million tokens read, pictures included; null for none.</summary>
    public decimal? InputPricePerMillion { get; init; }

    /// <summary>Price of a million tokens written; null for none.</summary>
    public decimal? OutputPricePerMillion { get; init; }

    /// <summary>Currency of the prices, ISO 4217. Default <c>USD</c>.</summary>
    public string Currency { get; init; } = "USD";
}
