using BlobCaptioner.SampleModel.Labels;
using static BlobCaptioner.SampleModel.Drawing.Shape;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>What a part of a product is painted with.</summary>
internal enum Paint : byte
{
    /// <summary>No part is there.</summary>
    None,

    /// <summary>The product's colour with its pattern and material.</summary>
    Main,

    /// <summary>A darker tone of the product's colour.</summary>
    Shade,

    /// <summary>A neutral gray: caps, soles, stems.</summary>
    Accent,
}

/// <summary>The outline of each kind: its parts, later ones on top.</summary>
internal static class Silhouettes
{
    private static readonly Box s_all = new(-1, -1, 1, 1);
    private static readonly Ellipse s_ball = new(0, 0, 0.92f, 0.92f);

    private static readonly Dictionary<Kind, (Shape Shape, Paint Paint)[]> s_parts = new()
    {
        [Kind.Mug] =
        [
            (new Ring(0.4f, 0.05f, 0.45f, 0.27f, new Box(0.3f, -1, 1, 1)), Paint.Shade),
            (new Box(-0.62f, -0.62f, 0.42f, 0.78f), Paint.Main),
            (new Ellipse(-0.1f, -0.62f, 0.52f, 0.12f), Paint.Shade),
        ],
        [Kind.Shirt] =
        [
            (new Polygon(-0.42f, -0.65f, -0.97f, -0.2f, -0.72f, 0.12f, -0.42f, -0.12f), Paint.Main),
            (new Polygon(0.42f, -0.65f, 0.97f, -0.2f, 0.72f, 0.12f, 0.42f, -0.12f), Paint.Main),
            (new Box(-0.46f, -0.65f, 0.46f, 0.85f), Paint.Main),
            (new Ellipse(0, -0.65f, 0.2f, 0.14f), Paint.Shade),
        ],
        [Kind.Bottle] =
        [
            (new Box(-0.13f, -0.8f, 0.13f, -0.2f), Paint.Shade),
            (new Ellipse(0, -0.2f, 0.36f, 0.24f), Paint.Main),
            (new Box(-0.36f, -0.2f, 0.36f, 0.95f), Paint.Main),
            (new Box(-0.17f, -0.98f, 0.17f, -0.76f), Paint.Accent),
        ],
        [Kind.Chair] =
        [
            (new Box(-0.52f, 0.2f, -0.4f, 0.98f), Paint.Accent),
            (new Box(0.4f, 0.2f, 0.52f, 0.98f), Paint.Accent),
            (new Box(-0.42f, -0.1f, -0.32f, 0.1f), Paint.Accent),
            (new Box(0.32f, -0.1f, 0.42f, 0.1f), Paint.Accent),
            (new Box(-0.5f, -0.95f, 0.5f, -0.06f), Paint.Main),
            (new Box(-0.64f, 0.06f, 0.64f, 0.32f), Paint.Main),
        ],
        [Kind.Lamp] =
        [
            (new Box(-0.05f, -0.15f, 0.05f, 0.85f), Paint.Accent),
            (new Ellipse(0, 0.85f, 0.42f, 0.11f), Paint.Accent),
            (new Polygon(-0.34f, -0.95f, 0.34f, -0.95f, 0.74f, -0.05f, -0.74f, -0.05f), Paint.Main),
        ],
        [Kind.Bag] =
        [
            (new Ring(0, -0.18f, 0.5f, 0.38f, new Box(-1, -1, 1, -0.15f)), Paint.Shade),
            (new Polygon(-0.6f, -0.2f, 0.6f, -0.2f, 0.8f, 0.88f, -0.8f, 0.88f), Paint.Main),
        ],
        [Kind.Hat] =
        [
            (new Dome(0, 0.28f, 0.58f, 0.88f), Paint.Main),
            (new Box(-0.57f, 0.06f, 0.57f, 0.2f), Paint.Shade),
            (new Ellipse(0, 0.32f, 0.98f, 0.18f), Paint.Main),
        ],
        [Kind.Sneaker] =
        [
            (new Polygon(-0.92f, 0.47f, -0.88f, -0.42f, -0.4f, -0.47f, 0.05f, 0, 0.75f, 0.12f, 0.93f, 0.47f), Paint.Main),
            (new Box(-0.96f, 0.42f, 0.96f, 0.62f), Paint.Accent),
            (new Ellipse(-0.63f, -0.43f, 0.25f, 0.08f), Paint.Shade),
            (new Polygon(-0.3f, -0.38f, -0.2f, -0.3f, -0.32f, -0.12f, -0.42f, -0.2f), Paint.Accent),
            (new Polygon(-0.1f, -0.18f, 0, -0.1f, -0.12f, 0.08f, -0.22f, 0), Paint.Accent),
        ],
        [Kind.Table] =
        [
            (new Box(-0.6f, 0.1f, -0.5f, 0.6f), Paint.Shade),
            (new Box(0.5f, 0.1f, 0.6f, 0.6f), Paint.Shade),
            (new Box(-0.93f, 0.1f, -0.78f, 0.9f), Paint.Main),
            (new Box(0.78f, 0.1f, 0.93f, 0.9f), Paint.Main),
            (new Polygon(-0.62f, -0.55f, 0.62f, -0.55f, 0.98f, 0, -0.98f, 0), Paint.Main),
            (new Box(-0.98f, 0, 0.98f, 0.16f), Paint.Shade),
        ],
        [Kind.Trousers] =
        [
            (new Polygon(-0.48f, -0.85f, 0.48f, -0.85f, 0.66f, 0.96f, 0.14f, 0.96f, 0, -0.2f, -0.14f, 0.96f, -0.66f, 0.96f), Paint.Main),
            (new Box(-0.48f, -0.96f, 0.48f, -0.8f), Paint.Shade),
        ],
        [Kind.Dress] =
        [
            (new Box(-0.3f, -0.97f, -0.2f, -0.6f), Paint.Main),
            (new Box(0.2f, -0.97f, 0.3f, -0.6f), Paint.Main),
            (new Polygon(-0.38f, -0.66f, 0.38f, -0.66f, 0.26f, -0.1f, 0.85f, 0.92f, -0.85f, 0.92f, -0.26f, -0.1f), Paint.Main),
            (new Box(-0.28f, -0.15f, 0.28f, -0.04f), Paint.Shade),
        ],
        [Kind.Ball] =
        [
            (s_ball, Paint.Main),
            (new Both(s_ball, new Ring(-1.15f, 0, 0.82f, 0.75f, new Box(-1, -1, 0, 1))), Paint.Shade),
            (new Both(s_ball, new Ring(1.15f, 0, 0.82f, 0.75f, new Box(0, -1, 1, 1))), Paint.Shade),
            (new Both(s_ball, new Box(-0.035f, -1, 0.035f, 1)), Paint.Shade),
        ],
    };

    /// <summary>The paint at a point of a product, in the coordinates of <see cref="Shape"/>.</summary>
    public static Paint At(Kind kind, float x, float y)
    {
        if (!s_all.Has(x, y))
        {
            return Paint.None;
        }

        var parts = s_parts[kind];
        for (var i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i].Shape.Has(x, y))
            {
                return parts[i].Paint;
            }
        }

        return Paint.None;
    }
}
