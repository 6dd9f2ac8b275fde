namespace BlobCaptioner.SampleModel.Scope;

/// <summary>What is true of all drawn products of a kind.</summary>
internal static class KindFacts
{
    /// <summary>Its leaf of the built-in profiles' category tree (<c>Profiles/BuiltIn/vocabularies.json</c>).</summary>
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

    /// <summary>The two materials that it is drawn in; their looks differ clearly.</summary>
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

    /// <summary>True for what people wear or carry: only these have gender and age group.</summary>
    public static bool IsApparel(Kind kind) => CategoryOf(kind).StartsWith("Apparel", StringComparison.Ordinal);
}
