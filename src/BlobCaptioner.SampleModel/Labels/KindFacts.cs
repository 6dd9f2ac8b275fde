namespace BlobCaptioner.SampleModel.Labels;

/// <summary>Facts that hold for every drawn product of a kind.</summary>
internal static class KindFacts
{
    /// <summary>The kind's leaf in the built-in profiles' category tree (<c>Profiles/BuiltIn/vocabularies.json</c>).</summary>
    public static string CategoryOf(Kind kind) => kind switch
    {
        Kind.Mug => "Home > Mugs & Drinkware",
        Kind.Shirt => "Apparel > Shirts",
        Kind.Bottle => "Sports & Outdoors > Bottles & Flasks",
        Kind.Chair => "Home > Furniture > Seating",
        Kind.Lamp => "Home > Lighting",
        Kind.Bag => "Apparel > Accessories > Bags",
        Kind.Hat => "Apparel > Accessories > Hats & Caps",
        Kind.Sneaker => "Apparel > Shoes > Sneakers",
        Kind.Table => "Home > Furniture > Tables",
        Kind.Trousers => "Apparel > Trousers",
        Kind.Dress => "Apparel > Dresses",
        Kind.Ball => "Sports & Outdoors > Ball Sports",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind."),
    };

    /// <summary>The two materials that the kind is drawn in. They look clearly different.</summary>
    public static IReadOnlyList<Material> MaterialsOf(Kind kind) => kind switch
    {
        Kind.Mug => [Material.Ceramic, Material.Metal],
        Kind.Bottle => [Material.Plastic, Material.Metal],
        Kind.Chair => [Material.Wood, Material.Plastic],
        Kind.Lamp => [Material.Metal, Material.Cotton],
        Kind.Bag or Kind.Sneaker => [Material.Leather, Material.Cotton],
        Kind.Hat or Kind.Shirt or Kind.Trousers or Kind.Dress => [Material.Cotton, Material.Denim],
        Kind.Table => [Material.Wood, Material.Metal],
        Kind.Ball => [Material.Leather, Material.Plastic],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind."),
    };

    /// <summary>True for kinds that people wear or carry. Only these have a gender and an age group.</summary>
    public static bool IsApparel(Kind kind) => CategoryOf(kind).StartsWith("Apparel", StringComparison.Ordinal);
}
