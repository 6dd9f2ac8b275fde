using BlobCaptioner.Profiles;

namespace BlobCaptioner.Web.Api;

/// <summary>What may stand in a field.</summary>
public sealed record FieldView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of value.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>True for an attribute, false for copy.</summary>
    public required bool IsAttribute { get; init; }

    /// <summary>Most characters (Unicode scalar values) of a text or an item; null where nothing limits it.</summary>
    public int? MaxCharacters { get; init; }

    /// <summary>Most items of a list; null for no list.</summary>
    public int? MaxItems { get; init; }

    /// <summary>The values to choose from; empty for free text.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>The languages that have it; null for all.</summary>
    public IReadOnlyList<string>? Languages { get; init; }

    internal static IReadOnlyList<FieldView> Of(Profile profile) => [.. profile.Fields.Select(f => new FieldView
    {
        Name = f.Name,
        Kind = f.Kind,
        IsAttribute = f.IsAttribute,
        MaxCharacters = f.Kind is FieldKind.Text or FieldKind.TextList ? f.MaxCharacters : null,
        MaxItems = f.Kind is FieldKind.TextList or FieldKind.Choices ? f.MaxItems : null,
        Values = f.Kind == FieldKind.YesNo ? ["yes", "no"] : f.Values,
        Languages = f.IsAttribute || profile.Languages.All(l => l.Fields is null)
            ? null
            : [.. profile.Languages.Where(l => l.Fields is null || l.Fields.Contains(f.Name, StringComparer.Ordinal)).Select(l => l.Tag)],
    })];
}
