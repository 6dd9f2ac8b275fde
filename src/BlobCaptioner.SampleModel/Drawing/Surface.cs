using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>One product's colour, pattern and material at every point.</summary>
internal sealed class Surface
{
    private readonly Subject _subject;
    private readonly Rgb _main;
    private readonly Rgb _tone;
    private readonly Rgb _accent;
    private readonly float _period;
    private readonly float _phase;
    private readonly float _cos;
    private readonly float _sin;
    private readonly int _seed;
    private readonly float _light;

    public Surface(Random random, Subject subject)
    {
        _subject = subject;
        _main = Shake(random, Base(subject.Color)) * random.Between(0.88f, 1.08f);
        _tone = OtherTone(random);
        _accent = Rgb.Gray(random.Chance(0.5) ? random.Between(70, 105) : random.Between(160, 200));
        _period = random.Between(0.25f, 0.36f);
        _phase = random.NextSingle();
        // horizontal, vertical or diagonal, with a small error
        var angle = (random.Next(subject.Pattern == Pattern.Striped ? 3 : 2) * MathF.PI / 4) + random.Between(-0.08f, 0.08f);
        (_cos, _sin) = (MathF.Cos(angle), MathF.Sin(angle));
        _seed = random.Next(1 << 16);
        _light = random.Chance(0.5) ? 1 : -1;
    }

    private bool IsBlack => _subject.Color == ProductColor.Black;

    private bool IsWhite => _subject.Color == ProductColor.White;

    /// <summary>The colour at a point, in the coordinates of <see cref="Shape"/>.</summary>
    public Rgb At(Paint paint, float x, float y)
    {
        var shading = 1 + (0.11f * _light * x);
        return paint switch
        {
            Paint.Accent => _accent * shading,
            Paint.Shade => Finish(_main * 0.7f, x, y) * shading,
            _ => Finish(Patterned(x, y), x, y) * shading,
        };
    }

    private static Rgb Base(ProductColor color) => color switch
    {
        ProductColor.Black => new Rgb(34, 34, 38),
        ProductColor.White => new Rgb(244, 244, 241),
        ProductColor.Red => new Rgb(205, 30, 36),
        ProductColor.Orange => new Rgb(244, 128, 26),
        ProductColor.Yellow => new Rgb(240, 212, 48),
        ProductColor.Green => new Rgb(42, 140, 58),
        ProductColor.Turquoise => new Rgb(48, 192, 188),
        ProductColor.Blue => new Rgb(36, 76, 202),
        ProductColor.Purple => new Rgb(122, 46, 162),
        ProductColor.Pink => new Rgb(246, 142, 182),
        _ => throw new ArgumentOutOfRangeException(nameof(color), color, "Not a colour."),
    };

    private static Rgb Shake(Random random, Rgb color) => color + new Rgb(random.Between(-9, 9), random.Between(-9, 9), random.Between(-9, 9));

    private Rgb OtherTone(Random random)
    {
        var isLight = random.Chance(1.0 / 3);
        if (IsBlack)
        {
            return Rgb.Gray(random.Between(115, 145));
        }

        return isLight && !IsWhite ? Rgb.Gray(random.Between(232, 248)) : _main * (IsWhite ? 0.62f : 0.5f);
    }

    private Rgb Patterned(float x, float y)
    {
        if (_subject.Pattern == Pattern.Plain)
        {
            return _main;
        }

        var (along, across) = ((((x * _cos) + (y * _sin)) / _period) + _phase, (((y * _cos) - (x * _sin)) / _period) + _phase);
        (along, across) = (along - MathF.Floor(along), across - MathF.Floor(across));
        switch (_subject.Pattern)
        {
            case Pattern.Striped:
                return along < 0.42f ? _tone : _main;
            case Pattern.Checked:
                var crossings = (along < 0.45f ? 1 : 0) + (across < 0.45f ? 1 : 0);
                return _main.Mix(_tone, crossings * 0.5f);
            default:
                var (dx, dy) = (along - 0.5f, across - 0.5f);
                return (dx * dx) + (dy * dy) < 0.085f ? _tone : _main;
        }
    }

    private Rgb Finish(Rgb color, float x, float y)
    {
        switch (_subject.Material)
        {
            case Material.Ceramic:
                var (dx, dy) = ((x + (0.28f * _light)) / 0.2f, (y + 0.25f) / 0.36f);
                return color.Mix(IsWhite ? Rgb.Gray(196) : Rgb.White, 0.78f * MathF.Exp(-((dx * dx) + (dy * dy))));
            case Material.Metal:
                // a cylinder in studio light: broad bands, brushed across
                var band = MathF.Sin((x * 5.6f) + (_phase * 6.28f)) + (0.2f * Dice.Cell((int)MathF.Floor(y * 34), 0, _seed));
                return band > 0 ? color.Mix(Rgb.White, Math.Min(0.8f, 0.72f * band)) : color.Mix(Rgb.Black, Math.Min(0.7f, -0.55f * band));
            case Material.Plastic:
                var streak = (x * 0.95f) + (y * 0.3f) + (0.3f * _light);
                var isStreak = MathF.Abs(streak) < 0.06f || MathF.Abs(streak - 0.16f) < 0.025f;
                return isStreak ? color.Mix(Rgb.White, 0.82f).Mix(Rgb.Gray(150), IsWhite ? 0.35f : 0) : color;
            case Material.Cotton:
                // matte, with a trace of the weave
                var isThread = (((int)MathF.Floor(x / 0.05f) + (int)MathF.Floor(y / 0.05f)) & 1) == 0;
                return color * (isThread ? 1.02f : 0.97f);
            case Material.Denim:
                var twill = MathF.Sin((x + y) * 6.2832f / 0.13f);
                var isStitch = (MathF.Abs(y + 0.4f) < 0.03f || MathF.Abs(y - 0.05f) < 0.03f || MathF.Abs(y - 0.5f) < 0.03f) && Frac(x / 0.17f) < 0.62f;
                return isStitch ? new Rgb(232, 168, 72) : twill > 0 ? color.Mix(Rgb.White, 0.2f * twill) : color.Mix(Rgb.Black, -0.27f * twill);
            case Material.Leather:
                var grain = (0.55f * Dice.Smooth(x * 6, y * 6, _seed)) + (0.45f * Dice.Smooth(x * 13, y * 13, _seed));
                var isSeam = (MathF.Abs(y + 0.3f) < 0.028f || MathF.Abs(y - 0.3f) < 0.028f || MathF.Abs(y - 0.65f) < 0.028f) && Frac(x / 0.13f) < 0.55f;
                var seam = IsBlack ? Rgb.Gray(190) : Rgb.Black;
                return isSeam ? color.Mix(seam, 0.75f) : grain > 0 ? color.Mix(Rgb.White, 0.4f * grain) : color.Mix(Rgb.Black, -0.5f * grain);
            case Material.Wood:
                var ring = MathF.Sin((y * 6.2832f / 0.11f) + (3 * MathF.Sin((x * 2.1f) + (_phase * 6.28f))) + (3 * Dice.Smooth(x * 2, y * 3, _seed)));
                return ring > 0.55f ? color.Mix(IsBlack ? new Rgb(196, 140, 84) : new Rgb(92, 52, 20), 0.62f) : color.Mix(new Rgb(150, 96, 48), 0.12f);
            default:
                throw new InvalidOperationException($"'{_subject.Material}' has no look.");
        }
    }

    private static float Frac(float value) => value - MathF.Floor(value);
}
