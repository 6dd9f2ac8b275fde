namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>A product's size, position, rotation and mirroring in a picture.</summary>
internal sealed class Placement
{
    private readonly float _x;
    private readonly float _y;
    private readonly float _cos;
    private readonly float _sin;
    private readonly float _flip;

    public Placement(Random random, int width, int height)
    {
        Scale = Math.Min(width, height) * 0.5f * random.Between(0.6f, 0.96f);
        _x = Place(random, width);
        _y = Place(random, height);
        var angle = random.Between(-0.21f, 0.21f);
        (_cos, _sin) = (MathF.Cos(angle), MathF.Sin(angle));
        _flip = random.Chance(0.5) ? 1 : -1;
    }

    /// <summary>Half of the product's size, in pixels.</summary>
    public float Scale { get; }

    /// <summary>Maps a pixel to a point of the product, in the coordinates of <see cref="Shape"/>.</summary>
    public (float X, float Y) ToProduct(float x, float y)
    {
        var (dx, dy) = (x - _x, y - _y);
        return (((dx * _cos) + (dy * _sin)) / Scale * _flip, ((dy * _cos) - (dx * _sin)) / Scale);
    }

    /// <summary>The centre along one side. The product lies inside the picture; one in six is cropped by up to a twelfth of its size.</summary>
    private float Place(Random random, int side)
    {
        var room = Math.Max(0, (side * 0.5f) - Scale);
        var over = random.Chance(1.0 / 6) ? random.Between(0, Scale / 6) : 0;
        return (side * 0.5f) + (random.Between(-1, 1) * room) + (random.Chance(0.5) ? over : -over);
    }
}
