namespace BlobCaptioner.Engine.Natives;

/// <summary>The libraries that this process computes with.</summary>
public sealed record LoadedLibraries
{
    /// <summary>The folder that all of them were loaded from.</summary>
    public required string Folder { get; init; }

    /// <summary>The GPU that can be used; null without one.</summary>
    public required string? Gpu { get; init; }

    /// <summary>Why there is no GPU, and what would bring one, for people; null where there is one.</summary>
    public required string? WhyNoGpu { get; init; }

    /// <summary>True where the program carries CUDA or the machine has NVIDIA's driver: computing on the CPU is then a mistake.</summary>
    public required bool ExpectsGpu { get; init; }
}
