namespace BlobCaptioner.SampleModel.Labels;

/// <summary>What a drawn picture shows: exactly one of <see cref="Product"/> and <see cref="NonProduct"/>.</summary>
internal sealed record PictureLabel
{
    /// <summary>The product; null where the picture shows none.</summary>
    public Subject? Product { get; init; }

    /// <summary>What the picture shows in place of a product; null where it shows one.</summary>
    public NonProduct? NonProduct { get; init; }

    /// <summary>True where a coloured surface or other things lie behind the product. False on a plain, light backdrop and without a product.</summary>
    public bool IsBusy { get; init; }
}

/// <summary>One product. The model learns to tell 960 of them apart: 12 kinds × 10 colours × 4 patterns × 2 materials a kind.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Color">Its main colour. Patterns are drawn in another tone of it.</param>
/// <param name="Pattern">The pattern of its surface.</param>
/// <param name="Material">One of the two of <see cref="KindFacts.MaterialsOf"/>.</param>
internal sealed record Subject(Kind Kind, ProductColor Color, Pattern Pattern, Material Material)
{
    /// <summary>
    /// True for the 96 combinations that are never trained: one colour of the ten for each kind, pattern and material. Every kind, colour, pattern and material alone is trained equally often.
    /// </summary>
    public bool IsHeldOut => ((3 * (int)Kind) + (7 * (int)Color) + (2 * (int)Pattern) + (5 * Array.IndexOf([.. KindFacts.MaterialsOf(Kind)], Material))) % 10 == 0;

    /// <summary>Draws a random product.</summary>
    /// <param name="random">The source of chance.</param>
    /// <param name="heldOut">True for one that is never trained, false for one that is.</param>
    public static Subject Draw(Random random, bool heldOut)
    {
        while (true)
        {
            var kind = Pick<Kind>(random);
            var materials = KindFacts.MaterialsOf(kind);
            var subject = new Subject(kind, Pick<ProductColor>(random), Pick<Pattern>(random), materials[random.Next(materials.Count)]);
            if (subject.IsHeldOut == heldOut)
            {
                return subject;
            }
        }
    }

    private static T Pick<T>(Random random)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        return values[random.Next(values.Length)];
    }
}

/// <summary>Kinds of drawn products.</summary>
internal enum Kind
{
    Mug,
    Shirt,
    Bottle,
    Chair,
    Lamp,
    Bag,
    Hat,
    Sneaker,
    Table,
    Trousers,
    Dress,
    Ball,
}

/// <summary>Colours of drawn products, named as in the built-in vocabulary.</summary>
internal enum ProductColor
{
    Black,
    White,
    Red,
    Orange,
    Yellow,
    Green,
    Turquoise,
    Blue,
    Purple,
    Pink,
}

/// <summary>Patterns of drawn products, named as in the built-in vocabulary.</summary>
internal enum Pattern
{
    Plain,
    Striped,
    Checked,
    Dotted,
}

/// <summary>Materials of drawn products, named as in the built-in vocabulary. Each has its own look.</summary>
internal enum Material
{
    Ceramic,
    Metal,
    Plastic,
    Cotton,
    Denim,
    Leather,
    Wood,
}

/// <summary>Pictures without a product.</summary>
internal enum NonProduct
{
    /// <summary>Boards with nothing on them.</summary>
    EmptyShelf,

    /// <summary>Coloured or gray pixels without any shape.</summary>
    Noise,

    /// <summary>Lines of print.</summary>
    Text,
}
