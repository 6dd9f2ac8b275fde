using BlobCaptioner.Captioning;
using BlobCaptioner.Records;

namespace BlobCaptioner.Cli.Reporting;

/// <summary>What <c>captioner ask --json</c> writes. Times are in milliseconds.</summary>
public sealed record AskResult
{
    /// <summary>The files, in their order.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>The question.</summary>
    public required string Question { get; init; }

    /// <summary>The answer; left out where there is none.</summary>
    public string? Answer { get; init; }

    /// <summary>What a reader should know about it: <c>cut</c>, <c>loop</c>, <c>empty</c>.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Why there is no answer, by file; left out where there is one. Under an empty name what is wrong with the model.</summary>
    public IReadOnlyDictionary<string, RecordError>? Errors { get; init; }

    /// <summary>The model.</summary>
    public required CaptionModelInfo Model { get; init; }

    /// <summary>Tokens, cost and times of each part; left out where nothing was asked.</summary>
    public CaptionUsage? Usage { get; init; }

    /// <summary>From the question to its answer.</summary>
    public long TotalMs { get; init; }
}
