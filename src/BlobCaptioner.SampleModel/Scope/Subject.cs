namespace BlobCaptioner.SampleModel.Scope;

/// <summary>One combination of what the model is to tell apart: 12 kinds × 10 colours × 4 patterns × 2 materials each = 960.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Color">Its own, main colour; patterns are drawn in another tone of it.</param>
/// <param name="Pattern">Printed or woven.</param>
/// <param name="Material">One of the two of <see cref="KindFacts.MaterialsOf"/>.</param>
internal sealed record Subject(Kind Kind, ProductColor Color, Pattern Pattern, Material Material)
{
    /// <summary>
    /// True for the 96 combinations that are never trained: one colour of the ten for each kind, pattern and material, so that each colour, kind, pattern and material
    /// on its own is trained as often as any other.
    /// </summary>
    public bool IsHeldOut => ((3 * (int)Kind) + (7 * (int)Color) + (2 * (int)Pattern) + (5 * Array.IndexOf([.. KindFacts.MaterialsOf(Kind)], Material))) % 10 == 0;

    /// <summary>A random one of those asked for.</summary>
    /// <param name="random">Where it comes from.</param>
    /// <param name="heldOut">True for those that are never trained, false for the others.</param>
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
