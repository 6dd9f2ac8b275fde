namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>An area in a product's own coordinates: -1 to 1, x to the right, y down.</summary>
internal abstract record Shape
{
    /// <summary>True for points inside the area.</summary>
    public abstract bool Has(float x, float y);

    public sealed record Box(float Left, float Top, float Right, float Bottom) : Shape
    {
        public override bool Has(float x, float y) => x >= Left && x <= Right && y >= Top && y <= Bottom;
    }

    public record Ellipse(float X, float Y, float RadiusX, float RadiusY) : Shape
    {
        public override bool Has(float x, float y)
        {
            var (across, down) = ((x - X) / RadiusX, (y - Y) / RadiusY);
            return (across * across) + (down * down) <= 1;
        }
    }

    /// <summary>The upper half of an ellipse.</summary>
    public sealed record Dome(float X, float Y, float RadiusX, float RadiusY) : Ellipse(X, Y, RadiusX, RadiusY)
    {
        public override bool Has(float x, float y) => y <= Y && base.Has(x, y);
    }

    /// <summary>A circular band, cut to a box.</summary>
    public sealed record Ring(float X, float Y, float Outer, float Inner, Box Within) : Shape
    {
        public override bool Has(float x, float y)
        {
            var square = ((x - X) * (x - X)) + ((y - Y) * (y - Y));
            return square <= Outer * Outer && square >= Inner * Inner && Within.Has(x, y);
        }
    }

    /// <summary>The intersection of two areas.</summary>
    public sealed record Both(Shape First, Shape Second) : Shape
    {
        public override bool Has(float x, float y) => First.Has(x, y) && Second.Has(x, y);
    }

    /// <summary>A polygon of corners x, y, x, y...</summary>
    public sealed record Polygon(params float[] Corners) : Shape
    {
        public override bool Has(float x, float y)
        {
            var inside = false;
            for (int i = 0, j = Corners.Length - 2; i < Corners.Length; j = i, i += 2)
            {
                var (xi, yi, xj, yj) = (Corners[i], Corners[i + 1], Corners[j], Corners[j + 1]);
                if (yi > y != yj > y && x < ((xj - xi) * (y - yi) / (yj - yi)) + xi)
                {
                    inside = !inside;
                }
            }

            return inside;
        }
    }
}
