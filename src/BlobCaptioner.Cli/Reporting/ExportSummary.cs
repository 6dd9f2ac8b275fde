using BlobCaptioner.Exports;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>What <c>captioner export --json</c> says at its end.</summary>
public sealed record ExportSummary
{
    /// <summary>The format.</summary>
    public required ExportFormat Format { get; init; }

    /// <summary>The file; null for stdout.</summary>
    public required string? File { get; init; }

    /// <summary>Records read.</summary>
    public required long Records { get; init; }

    /// <summary>Pictures or products written.</summary>
    public required long Items { get; init; }

    /// <summary>Records without a row of their own, by reason.</summary>
    public required IReadOnlyDictionary<string, long> Skipped { get; init; }

    /// <summary>Rows by what is amiss in them.</summary>
    public required IReadOnlyDictionary<string, long> Warnings { get; init; }
}
