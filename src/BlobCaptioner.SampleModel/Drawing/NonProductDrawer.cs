using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>Draws pictures without a product.</summary>
internal static class NonProductDrawer
{
    /// <summary>Draws the colour of every pixel, row by row.</summary>
    public static Rgb[] Draw(Random random, NonProduct nonProduct, int width, int height) => nonProduct switch
    {
        NonProduct.EmptyShelf => Shelf(random, width, height),
        NonProduct.Noise => Noise(random, width, height),
        _ => Print(random, width, height),
    };

    private static Rgb[] Shelf(Random random, int width, int height)
    {
        var pixels = new Rgb[width * height];
        var wall = random.Chance(0.6) ? Rgb.Gray(random.Between(150, 240)) : random.AnyColor();
        var wood = random.Chance(0.6) ? new Rgb(random.Between(120, 190), random.Between(80, 130), random.Between(40, 90)) : Rgb.Gray(random.Between(60, 235));
        var boards = random.Next(2, 5);
        var thick = height * random.Between(0.03f, 0.06f);
        var (first, gap) = (height * random.Between(0.1f, 0.3f), height / (boards + 0.3f));
        var post = random.Chance(0.6) ? width * random.Between(0.03f, 0.07f) : 0;
        var seed = random.Next(1 << 16);
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i % width, i / width);
            var below = (y - first) % gap;
            var isBoard = y >= first && below < thick;
            var isShadow = y >= first && below < thick * 2.2f;
            var isPost = x < post || x > width - post;
            var color = isBoard || isPost ? wood * (1 + (0.08f * Dice.Smooth(x * 0.03f, y * 0.3f, seed))) : wall * (isShadow ? 0.72f : 1 - (0.12f * y / height));
            pixels[i] = color;
        }

        return pixels;
    }

    private static Rgb[] Noise(Random random, int width, int height)
    {
        var pixels = new Rgb[width * height];
        var (block, seed, isGray) = (random.Next(1, 9), random.Next(1 << 16), random.Chance(0.4));
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = (i % width / block, i / width / block);
            var red = Dice.Cell(x, y, seed);
            pixels[i] = new Rgb(128 + (120 * red), 128 + (120 * (isGray ? red : Dice.Cell(x, y, seed + 1))), 128 + (120 * (isGray ? red : Dice.Cell(x, y, seed + 2))));
        }

        return pixels;
    }

    /// <summary>Lines of meaningless words. A letter has 5 × 7 dots.</summary>
    private static Rgb[] Print(Random random, int width, int height)
    {
        var isDark = random.Chance(0.15);
        var paper = Rgb.Gray(isDark ? random.Between(20, 60) : random.Between(215, 252));
        var ink = random.Chance(0.8) ? Rgb.Gray(isDark ? 225 : random.Between(10, 70)) : random.AnyColor() * 0.6f;
        var dot = Math.Max(1, (int)(Math.Min(width, height) * random.Between(0.007f, 0.022f)));
        var (letter, line) = (6 * dot, 10 * dot);
        var (left, top, seed) = (random.Next(2, 6) * dot * 2, random.Next(2, 8) * dot, random.Next(1 << 16));
        var pixels = new Rgb[width * height];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (x, y) = ((i % width) - left, (i / width) - top);
            var (column, row) = (x / letter, y / line);
            var (dotX, dotY) = (x % letter / dot, y % line / dot);
            var isSpace = Dice.Cell(column, row, seed) > 0.62f || column > (int)((width - (2 * left)) / (float)letter * (0.75f + (0.25f * Dice.Cell(-1, row, seed))));
            var isStroke = x >= 0 && y >= 0 && dotX < 5 && dotY < 7 && !isSpace && Dice.Cell((column * 31) + dotX, (row * 17) + dotY, seed) > 0.05f;
            pixels[i] = isStroke ? ink : paper;
        }

        return pixels;
    }
}
