namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>The surface and the things behind a product.</summary>
internal sealed class Backdrop
{
    private readonly int _width;
    private readonly int _height;
    private readonly int _style;
    private readonly Rgb _first;
    private readonly Rgb _second;
    private readonly float _floor;
    private readonly float _size;
    private readonly int _seed;
    private readonly List<Thing> _things = [];

    private Backdrop(Random random, int width, int height, bool isBusy)
    {
        (_width, _height, _seed) = (width, height, random.Next(1 << 16));
        var side = Math.Min(width, height);
        _floor = random.Chance(0.5) ? random.Between(0.6f, 0.88f) * height : float.MaxValue;
        _size = random.Between(0.1f, 0.24f) * side;
        if (!isBusy)
        {
            _style = 0;
            var level = random.Between(178, 250);
            _first = new Rgb(level + random.Between(-9, 9), level + random.Between(-9, 9), level + random.Between(-9, 9));
            _second = _first * random.Between(0.86f, 1.08f);
            return;
        }

        _style = 1 + random.Next(4);
        (_first, _second) = (random.AnyColor(), random.AnyColor());
        if (_style == 2)
        {
            _first = new Rgb(random.Between(110, 190), random.Between(75, 125), random.Between(35, 85));
            _second = _first * random.Between(0.62f, 0.85f);
        }

        var count = _style is 3 or 4 ? random.Next(7, 15) : random.Next(0, 4);
        for (var i = 0; i < count; i++)
        {
            _things.Add(new Thing(
                random.Between(-0.05f, 1.05f) * width, random.Between(-0.05f, 1.05f) * height, random.Between(0.06f, 0.24f) * side, random.Between(0.06f, 0.24f) * side,
                random.Between(0, MathF.PI), random.Chance(0.5), random.AnyColor()));
        }
    }

    /// <summary>A light backdrop with a little shading.</summary>
    public static Backdrop Plain(Random random, int width, int height) => new(random, width, height, isBusy: false);

    /// <summary>Tiles, boards, or a coloured wall with things in front of it.</summary>
    public static Backdrop Busy(Random random, int width, int height) => new(random, width, height, isBusy: true);

    /// <summary>The colour at a pixel.</summary>
    public Rgb At(float x, float y)
    {
        var color = Ground(x, y);
        foreach (var thing in _things)
        {
            if (thing.Has(x, y))
            {
                color = thing.Color;
            }
        }

        return _style < 3 || y <= _floor ? color : color * 0.82f;
    }

    private Rgb Ground(float x, float y)
    {
        switch (_style)
        {
            case 0:
                var shaded = _first.Mix(_second, y / _height);
                return y > _floor ? shaded * 0.9f : shaded;
            case 1:
                var isOdd = (((int)MathF.Floor(x / _size) + (int)MathF.Floor(y / _size)) & 1) == 0;
                var isJoint = x % _size < 1.5f || y % _size < 1.5f;
                return (isOdd ? _first : _first.Mix(_second, 0.45f)) * (isJoint ? 0.7f : 1);
            case 2:
                var board = (int)MathF.Floor(y / _size);
                var grain = 1 + (0.1f * Dice.Smooth(x / _size * 1.5f, y / _size * 9, _seed)) + (0.08f * Dice.Cell(board, 7, _seed));
                return (y % _size < 2 ? _second : _first) * grain;
            default:
                return _first.Mix(_second, x / _width * 0.5f);
        }
    }

    private sealed record Thing(float X, float Y, float HalfWidth, float HalfHeight, float Angle, bool IsRound, Rgb Color)
    {
        private readonly float _cos = MathF.Cos(Angle);
        private readonly float _sin = MathF.Sin(Angle);

        public bool Has(float x, float y)
        {
            var (dx, dy) = (x - X, y - Y);
            var (across, down) = (((dx * _cos) + (dy * _sin)) / HalfWidth, ((dy * _cos) - (dx * _sin)) / HalfHeight);
            return IsRound ? (across * across) + (down * down) <= 1 : Math.Abs(across) <= 1 && Math.Abs(down) <= 1;
        }
    }
}
