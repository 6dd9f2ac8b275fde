using System.Text.Json;

namespace BlobCaptioner.Tests.Cli;

/// <summary>How a <c>captioner</c> process ended.</summary>
internal sealed record CaptionerResult(int ExitCode, IReadOnlyList<string> Output, string Errors)
{
    /// <summary>All of stdout.</summary>
    public string Text => string.Join('\n', Output);

    /// <summary>Each line of stdout, which are JSON.</summary>
    public IReadOnlyList<JsonElement> Json => [.. Output.Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement)];

    /// <summary>The last line, <c>summary</c> of a run.</summary>
    public JsonElement Summary => Json[^1].GetProperty("summary");
}
