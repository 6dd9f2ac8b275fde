using System.Text;

namespace BlobCaptioner.Text;

/// <summary>Checks whether a text is in the script of its language. Source of the ranges: Unicode 16, Scripts.txt, by block.</summary>
internal sealed class ScriptCheck
{
    // Fewer letters prove nothing: "XL", "LED".
    private const int LeastLetters = 4;

    private static readonly (int From, int To)[] Han = [(0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)];
    private static readonly (int From, int To)[] Kana = [(0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)];
    private static readonly (int From, int To)[] Hangul = [(0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF)];
    private static readonly (int From, int To)[] Cyrillic = [(0x0400, 0x052F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)];
    private static readonly (int From, int To)[] Arabic = [(0x0600, 0x06FF), (0x0750, 0x077F), (0x0870, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)];
    private static readonly (int From, int To)[] Latin = [('A', 'Z'), ('a', 'z'), (0x00AA, 0x02AF), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA720, 0xA7FF), (0xFF21, 0xFF5A)];

    private static readonly Dictionary<string, ScriptCheck> ByLanguage = new(StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<string, ScriptCheck> ByScript = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Latn"] = new(Latin),
        ["Cyrl"] = new(Cyrillic),
        ["Arab"] = new(Arabic),
        ["Hans"] = new(Han),
        ["Hant"] = new(Han),
        ["Jpan"] = new([.. Han, .. Kana]),
        ["Kore"] = new(Hangul),
        ["Hebr"] = new([(0x0590, 0x05FF), (0xFB1D, 0xFB4F)]),
        ["Grek"] = new([(0x0370, 0x03FF), (0x1F00, 0x1FFF)]),
        ["Deva"] = new([(0x0900, 0x097F), (0xA8E0, 0xA8FF)]),
        ["Beng"] = new([(0x0980, 0x09FF)]),
        ["Taml"] = new([(0x0B80, 0x0BFF)]),
        ["Telu"] = new([(0x0C00, 0x0C7F)]),
        ["Thai"] = new([(0x0E00, 0x0E7F)]),
        ["Geor"] = new([(0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)]),
        ["Armn"] = new([(0x0530, 0x058F), (0xFB13, 0xFB17)]),
    };

    private readonly (int From, int To)[] _ranges;

    static ScriptCheck()
    {
        Add("Latn", "en de fr es it pt nl sv da nb nn no fi is et lv lt pl cs sk sl hr hu ro tr az sq mt ga cy eu ca gl af sw id ms vi tl fil");
        Add("Cyrl", "ru uk bg be mk kk ky mn");
        Add("Arab", "ar fa ur ps");
        Add("Hans", "zh yue");
        Add("Jpan", "ja");
        Add("Kore", "ko");
        Add("Hebr", "he yi");
        Add("Grek", "el");
        Add("Deva", "hi mr ne");
        Add("Beng", "bn as");
        Add("Taml", "ta");
        Add("Telu", "te");
        Add("Thai", "th");
        Add("Geor", "ka");
        Add("Armn", "hy");
    }

    private ScriptCheck((int From, int To)[] ranges) => _ranges = ranges;

    /// <summary>The check of a language; null where its script is not known.</summary>
    /// <param name="tag">BCP 47; a script subtag (<c>sr-Latn</c>) decides before the language does.</param>
    public static ScriptCheck? For(string tag)
    {
        var parts = tag.Split('-');
        return parts.Skip(1).Select(p => ByScript.GetValueOrDefault(p)).FirstOrDefault(c => c is not null) ?? ByLanguage.GetValueOrDefault(parts[0]);
    }

    /// <summary>True where less than half of the letters are of the script; a text may contain names in Latin letters.</summary>
    public bool IsWrong(string text)
    {
        var (right, letters) = Count(text);
        return letters >= LeastLetters && right * 2 < letters;
    }

    /// <summary>True where a piece has letters, but none of the script.</summary>
    public bool IsForeign(string piece)
    {
        var (right, letters) = Count(piece);
        return letters > 0 && right == 0;
    }

    private (int Right, int Letters) Count(string text)
    {
        var (right, letters) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetter(rune))
            {
                letters++;
                right += Has(rune.Value) ? 1 : 0;
            }
        }

        return (right, letters);
    }

    private bool Has(int value)
    {
        foreach (var (from, to) in _ranges)
        {
            if (value >= from && value <= to)
            {
                return true;
            }
        }

        return false;
    }

    private static void Add(string script, string languages)
    {
        foreach (var language in languages.Split(' '))
        {
            ByLanguage[language] = ByScript[script];
        }
    }
}
