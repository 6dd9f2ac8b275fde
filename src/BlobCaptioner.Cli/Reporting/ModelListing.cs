using BlobCaptioner.Models;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>A model of the catalogue and what of it is here; <c>captioner model list --json</c>.</summary>
internal sealed record ModelListing
{
    /// <summary>Name for commands.</summary>
    public required string Name { get; init; }

    /// <summary>Its publisher's name.</summary>
    public required string Title { get; init; }

    /// <summary>Where it is published.</summary>
    public required string Repository { get; init; }

    /// <summary>SPDX identifier.</summary>
    public required string Licence { get; init; }

    /// <summary>Memory to have free, in bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>True where <c>--model</c> takes its name: both files are here.</summary>
    public required bool Ready { get; init; }

    /// <summary>The language model.</summary>
    public required FileReport Text { get; init; }

    /// <summary>Its vision parts, the default first.</summary>
    public required IReadOnlyList<FileReport> Vision { get; init; }
}
