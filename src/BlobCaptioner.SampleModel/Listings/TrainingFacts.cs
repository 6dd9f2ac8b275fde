using BlobCaptioner.Profiles;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>
/// Random catalogue facts for drawn products. They change no text: the sample model learns to describe what it sees whatever the facts are.
/// </summary>
internal static class TrainingFacts
{
    private static readonly string[] s_syllables =
    [
        "no", "ra", "ve", "lu", "mi", "ka", "zo", "ti", "sol", "ber", "an", "el", "for", "dan", "quin", "pe", "ro", "sta", "wil", "ka", "to", "ny", "che", "gra", "hal", "ix", "ur", "do",
    ];

    private static readonly string[] s_sizes = ["S", "M", "L", "XL", "350 ml", "40 cm", "EU 42", "1,5 l"];
    private static readonly string[] s_names = ["note", "season", "supplier", "collection", "line"];
    private static readonly string[] s_words = ["new", "sale", "online only", "spring", "last one", "neu", "Sommer", "autumn 2026", "新款", "B2B", "returns possible", "limited"];

    /// <summary>Draws at least one fact.</summary>
    public static ProductFacts Draw(Random random)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        Add(0.7, "brand", Brand(random));
        Add(0.4, "price", $"{random.Next(5, 200)}.{random.Next(10, 100)}");
        Add(0.3, "sku", $"{(char)('A' + random.Next(26))}-{random.Next(1_000, 10_000)}");
        Add(0.3, "size", s_sizes[random.Next(s_sizes.Length)]);
        Add(0.3, s_names[random.Next(s_names.Length)], s_words[random.Next(s_words.Length)]);
        if (values.Count == 0)
        {
            values["gtin"] = random.NextInt64(1_000_000_000_000, 9_999_999_999_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return new ProductFacts { Values = values };

        void Add(double share, string name, string value)
        {
            if (random.NextDouble() < share)
            {
                values[name] = value;
            }
        }
    }

    private static string Brand(Random random)
    {
        var name = string.Concat(Enumerable.Range(0, random.Next(2, 4)).Select(_ => s_syllables[random.Next(s_syllables.Length)]));
        return char.ToUpperInvariant(name[0]) + name[1..];
    }
}
