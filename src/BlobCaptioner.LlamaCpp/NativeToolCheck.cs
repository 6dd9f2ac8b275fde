namespace BlobCaptioner.LlamaCpp;

/// <summary>Whether a tool that the first set-up needs is there.</summary>
public sealed record NativeToolCheck
{
    /// <summary>The tool, for people: <c>CMake 3.18 or newer</c>.</summary>
    public required string Name { get; init; }

    /// <summary>True where it was found, new enough.</summary>
    public required bool Ok { get; init; }

    /// <summary>What was found: the first line of <c>--version</c>, or <c>not found</c>.</summary>
    public required string Found { get; init; }

    /// <summary>The command that installs it.</summary>
    public required string Remedy { get; init; }
}
