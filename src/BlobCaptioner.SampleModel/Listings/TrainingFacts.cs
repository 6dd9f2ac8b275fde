using BlobCaptioner.Captioning;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>What a catalogue could say about a drawn product: a brand, which the title begins with, and columns that change nothing.</summary>
internal static class TrainingFacts
{
    private static readonly string[] s_sizes = ["S", "M", "L", "XL", "350 ml", "40 cm"];
    private static readonly string[] s_notes = ["new", "sale", "online only", "spring", "last one"];

    /// <summary>Brands that the tokens are learned from.</summary>
    public static IReadOnlyList<string> Brands { get; } =
    [
        "Acme", "Nordwind", "Lumo", "Alba", "Kora", "Vento", "Mira", "Solis", "Tarn", "Luma", "Fjord", "Pina",
        "Orbis", "Calla", "Zeno", "Haldo", "Brisa", "Quinta", "Ruma", "Selva", "Tilda", "Ultra", "Verda", "Wanda",
    ];

    /// <summary>Random facts, at least one.</summary>
    public static ProductFacts Draw(Random random)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (random.Next(4) > 0)
        {
            values["brand"] = Brands[random.Next(Brands.Count)];
        }

        Add("price", $"{random.Next(5, 200)}.{random.Next(10, 100)}");
        Add("size", s_sizes[random.Next(s_sizes.Length)]);
        Add("note", s_notes[random.Next(s_notes.Length)]);
        if (values.Count == 0)
        {
            values["sku"] = $"A-{random.Next(1_000, 10_000)}";
        }

        return new ProductFacts { Values = values };

        void Add(string name, string value)
        {
            if (random.Next(3) == 0)
            {
                values[name] = value;
            }
        }
    }
}
