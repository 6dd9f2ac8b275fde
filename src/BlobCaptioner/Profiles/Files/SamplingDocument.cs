namespace BlobCaptioner.Profiles.Files;

/// <summary>Sampling as a file has it; null for what it does not say.</summary>
internal sealed record SamplingDocument
{
    public float? Temperature { get; init; }

    public float? TopP { get; init; }

    public int? TopK { get; init; }

    public float? PresencePenalty { get; init; }

    public ulong? Seed { get; init; }

    public string? Comment { get; init; }
}
