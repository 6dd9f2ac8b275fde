using System.Text.Json;

namespace BlobCaptioner.Profiles.Files;

/// <summary>A field as a file has it; null for what it does not say.</summary>
internal sealed record FieldDocument
{
    public required string Name { get; init; }

    public string? Kind { get; init; }

    public bool? Attribute { get; init; }

    public string? Instruction { get; init; }

    public string? Comment { get; init; }

    public int? MaxCharacters { get; init; }

    public int? AdvisedCharacters { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public JsonElement? Values { get; init; }

    public IReadOnlyList<string>? Evidence { get; init; }

    public bool? AllowUnknown { get; init; }

    public bool? PerView { get; init; }

    public bool? Remove { get; init; }
}
