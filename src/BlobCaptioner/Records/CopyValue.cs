using System.Text.Json;
using System.Text.Json.Serialization;

namespace BlobCaptioner.Records;

/// <summary>A text, or a list of texts: in JSON a string or an array of strings. Equal where the texts are.</summary>
[JsonConverter(typeof(CopyValueConverter))]
public sealed class CopyValue : IEquatable<CopyValue>
{
    /// <summary>One text.</summary>
    public CopyValue(string text) => (Items, IsList) = ([text], false);

    /// <summary>A list, possibly empty.</summary>
    public CopyValue(IReadOnlyList<string> items) => (Items, IsList) = (items, true);

    /// <summary>The texts; exactly one where it is not a list.</summary>
    public IReadOnlyList<string> Items { get; }

    /// <summary>True for a list, also of one.</summary>
    public bool IsList { get; }

    /// <summary>One text.</summary>
    public static implicit operator CopyValue(string text) => new(text);

    /// <inheritdoc/>
    public bool Equals(CopyValue? other) => other is not null && IsList == other.IsList && Items.SequenceEqual(other.Items, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CopyValue);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Count == 0 ? 0 : HashCode.Combine(Items.Count, Items[0].GetHashCode(StringComparison.Ordinal));

    /// <summary>The text; a list's items joined with <c>", "</c>.</summary>
    public override string ToString() => string.Join(", ", Items);
}

/// <summary>JSON of a <see cref="CopyValue"/>. Public for other projects' source-generated contexts.</summary>
public sealed class CopyValueConverter : JsonConverter<CopyValue>
{
    /// <inheritdoc/>
    public override CopyValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new(reader.GetString()!);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("Copy is a string or an array of strings.");
        }

        var items = new List<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            items.Add(reader.GetString()!);
        }

        return reader.TokenType == JsonTokenType.EndArray ? new(items) : throw new JsonException("Copy is a string or an array of strings.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CopyValue value, JsonSerializerOptions options)
    {
        if (!value.IsList)
        {
            writer.WriteStringValue(value.Items[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (var item in value.Items)
        {
            writer.WriteStringValue(item);
        }

        writer.WriteEndArray();
    }
}

/// <summary>Texts by language, then by field, as records and reviews hold them.</summary>
internal static class RecordCopy
{
    /// <summary>A new copy: that of <paramref name="over"/> replaces or extends that of <paramref name="copy"/>.</summary>
    public static Dictionary<string, IReadOnlyDictionary<string, CopyValue>> Merge(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> copy, IReadOnlyDictionary<string, IReadOnlyDictionary<string, CopyValue>> over)
    {
        var merged = new Dictionary<string, IReadOnlyDictionary<string, CopyValue>>(copy, StringComparer.Ordinal);
        foreach (var (language, fields) in over)
        {
            var texts = copy.TryGetValue(language, out var written)
                ? new Dictionary<string, CopyValue>(written, StringComparer.Ordinal)
                : new Dictionary<string, CopyValue>(StringComparer.Ordinal);
            foreach (var (field, text) in fields)
            {
                texts[field] = text;
            }

            merged[language] = texts;
        }

        return merged;
    }
}
