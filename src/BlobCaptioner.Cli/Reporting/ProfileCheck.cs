namespace BlobCaptioner.Cli.Reporting;

/// <summary>A settings file that was checked; <c>captioner profile check --json</c>.</summary>
internal sealed record ProfileCheck
{
    /// <summary>As it was named.</summary>
    public required string File { get; init; }

    /// <summary><c>profile</c>, <c>folder</c> or <c>catalog</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>True where nothing is wrong.</summary>
    public bool Ok => Problems.Count == 0;

    /// <summary>What is wrong, with file, place, value and what is allowed.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>The profile's name; null for a catalogue.</summary>
    public string? Name { get; init; }

    /// <summary>The profile's version; null for a catalogue.</summary>
    public string? Version { get; init; }

    /// <summary>The catalogue's rows; null for a profile.</summary>
    public int? Rows { get; init; }
}
