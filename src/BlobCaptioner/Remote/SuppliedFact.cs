using BlobCaptioner.Profiles;
using BlobCaptioner.Text;

namespace BlobCaptioner.Remote;

/// <summary>What the catalogue says about one attribute: it stands, whatever a model sees.</summary>
internal sealed record SuppliedFact
{
    private static readonly char[] Separators = [';', '/', '|'];

    /// <summary>The value, or the items of a list; at least one.</summary>
    public required IReadOnlyList<string> Values { get; init; }

    /// <summary>What is odd about it: <c>not-in-list</c>, <c>cut</c>.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="field">The attribute.</param>
    /// <param name="options">The values that it may have; empty for texts and numbers.</param>
    /// <param name="supplied">The catalogue's text, not empty.</param>
    public static SuppliedFact Read(ProfileField field, IReadOnlyList<string> options, string supplied)
    {
        var isList = field.Kind is FieldKind.TextList or FieldKind.Choices;
        var values = isList ? Split(supplied) : [supplied.Trim()];
        if (options.Count == 0)
        {
            string[] cut = [.. values.Select(v => v[..TextLimit.Cut(v, field.MaxCharacters)])];
            return new() { Values = cut, Flags = cut.SequenceEqual(values, StringComparer.Ordinal) ? [] : ["cut"] };
        }

        var known = values.Select(v => options.FirstOrDefault(o => string.Equals(o, v, StringComparison.OrdinalIgnoreCase))).ToList();
        return new()
        {
            Values = [.. values.Select((v, i) => known[i] ?? v).Distinct(StringComparer.Ordinal)],
            Flags = known.Contains(null) ? ["not-in-list"] : [],
        };
    }

    private static string[] Split(string supplied)
    {
        var items = supplied.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        return items.Length == 0 ? [supplied.Trim()] : items;
    }
}
