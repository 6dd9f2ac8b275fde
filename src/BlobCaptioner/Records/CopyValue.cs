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

    /// <summary>The texts; one where it is no list.</summary>
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
