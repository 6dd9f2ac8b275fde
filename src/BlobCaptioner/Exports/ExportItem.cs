using System.Globalization;
using System.Text.RegularExpressions;
using BlobCaptioner.Records;
using BlobCaptioner.Text;

namespace BlobCaptioner.Exports;

/// <summary>One row's subject: a picture, or a product with its views.</summary>
public sealed partial record ExportItem
{
    /// <summary>The record; a product's own where there is one.</summary>
    public required EffectiveRecord Main { get; init; }

    /// <summary>Language of the texts; null where there is no copy.</summary>
    public required string? Language { get; init; }

    /// <summary>The pictures, main one first; at least one.</summary>
    public required IReadOnlyList<ExportImage> Images { get; init; }

    /// <summary>The SKU of the catalogue or the grouping; null without one.</summary>
    public string? Sku => Fact("sku") ?? Main.Record.Product?.Sku;

    /// <summary>The SKU, else the picture's name.</summary>
    public string Id => Sku ?? Main.Record.Image.Name;

    /// <summary>The title; null without one.</summary>
    public ExportText? Title => Text("title") ?? Text("seo_title") ?? Text("alt_text");

    /// <summary>The description, else the first of short description, bullets and title.</summary>
    public ExportText? Description => Text("description") ?? Text("short_description") ?? Joined(Bullets) ?? Title;

    /// <summary>The bullets, else the product highlights.</summary>
    public IReadOnlyList<ExportText> Bullets => Texts("bullets") is { Count: > 0 } bullets ? bullets : Texts("product_highlights");

    /// <summary>Search words.</summary>
    public IReadOnlyList<string> Keywords => [.. Texts("keywords").Select(k => k.Value)];

    /// <summary>One text of the copy, a list's items joined with <c>", "</c>; null where it is missing or blank.</summary>
    public ExportText? Text(string field) => Texts(field) is { Count: > 0 } texts ? new(string.Join(", ", texts.Select(t => t.Value)), texts[0].ByPerson) : null;

    /// <summary>A list of the copy without blank items; empty where it is missing.</summary>
    public IReadOnlyList<ExportText> Texts(string field)
    {
        if (Language is null || !Main.Record.Copy.TryGetValue(Language, out var copy) || !copy.TryGetValue(field, out var value))
        {
            return [];
        }

        var edited = Main.IsEdited(Language, field);
        return [.. value.Items.Where(i => !string.IsNullOrWhiteSpace(i)).Select(i => new ExportText(i, edited))];
    }

    /// <summary>An attribute's values, else the catalogue's value; empty where both are unknown.</summary>
    public IReadOnlyList<string> Values(string attribute) =>
        Main.Record.Attributes.TryGetValue(attribute, out var found) && found.Value is { } value
            ? [.. value.Items.Where(i => !string.IsNullOrWhiteSpace(i))]
            : Fact(attribute) is { } fact ? [fact] : [];

    /// <summary>An attribute's value, several joined with <c>", "</c>; null where it is unknown.</summary>
    public string? Value(string attribute) => Values(attribute) is { Count: > 0 } values ? string.Join(", ", values) : null;

    /// <summary>The catalogue's value of the first of these columns that has one; null for none. Case, spaces, <c>-</c> and <c>_</c> are ignored.</summary>
    public string? Fact(params string[] names) => names
        .SelectMany(name => Facts.Where(f => !string.IsNullOrWhiteSpace(f.Value) && Plain(f.Key) == Plain(name)))
        .FirstOrDefault().Value?.Trim();

    /// <summary>
    /// An id of lower-case ASCII letters, digits and <c>-</c>, at most <paramref name="length"/> characters. Where that loses a character of <see cref="Id"/>, it ends in 8 hex
    /// digits of the id's SHA-256: it stays unique, and the same in each export.
    /// </summary>
    public string Slug(int length)
    {
        var plain = Separators().Replace(Id, "-").Trim('-').ToLowerInvariant();
        return plain.Length > 0 && plain.Length <= length && string.Equals(plain, Id, StringComparison.OrdinalIgnoreCase)
            ? plain
            : $"{plain[..Math.Min(plain.Length, length - 9)].Trim('-')}-{Hash()}".TrimStart('-');
    }

    /// <summary>The id where it fits; else its beginning and a hash.</summary>
    public string ShortId(int length) =>
        Id.Length <= length ? Id : $"{Id.AsSpan(0, length - 9 - (char.IsHighSurrogate(Id[length - 10]) ? 1 : 0))}-{Hash()}";

    private IEnumerable<KeyValuePair<string, string>> Facts => Main.Record.Facts ?? Enumerable.Empty<KeyValuePair<string, string>>();

    private static ExportText? Joined(IReadOnlyList<ExportText> texts) =>
        texts.Count > 0 ? new(string.Join('\n', texts.Select(t => t.Value)), texts[0].ByPerson) : null;

    private static string Plain(string name) =>
        string.Concat(name.Where(c => c is not (' ' or '_' or '-')).Select(c => char.ToLower(c, CultureInfo.InvariantCulture)));

    [GeneratedRegex("[^A-Za-z0-9]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Separators();

    private string Hash() => TextHash.Of(Id, digits: 8);
}

/// <summary>One text of a row.</summary>
/// <param name="Value">The text, not empty.</param>
/// <param name="ByPerson">True where a person wrote it, false where the model did.</param>
public sealed record ExportText(string Value, bool ByPerson);

/// <summary>One picture of a row.</summary>
/// <param name="Url">Its address, percent-encoded.</param>
/// <param name="Alt">Its alt text; null where there is none.</param>
public sealed record ExportImage(string Url, string? Alt);
