using System.Text;
using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles;

/// <summary>The catalogue's data about a product: material for the copy, never instructions.</summary>
public sealed record ProductFacts
{
    /// <summary>Nothing known.</summary>
    public static ProductFacts None { get; } = new();

    /// <summary>The product's SKU; null where the catalogue has none.</summary>
    public string? Sku { get; init; }

    /// <summary>Values by column name, in the catalogue's order; none empty. Names are compared without case.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>16 hex digits over all of it, independent of the columns' order; empty for nothing. Computed on each call.</summary>
    public string Hash => Values.Count == 0 && Sku is null ? "" : ComputeHash();

    /// <summary>The value of that name; null where there is none.</summary>
    public string? Find(string name) => Values.FirstOrDefault(v => string.Equals(v.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

    private string ComputeHash()
    {
        var text = new StringBuilder(Sku).Append('\n');
        foreach (var (name, value) in Values.OrderBy(v => v.Key.ToLowerInvariant(), StringComparer.Ordinal))
        {
            text.Append(name.ToLowerInvariant()).Append('\u001f').Append(value).Append('\n');
        }

        return TextHash.Of(text.ToString(), digits: 16);
    }
}
