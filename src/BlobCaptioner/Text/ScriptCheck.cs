using System.Collections.Frozen;
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

    private static readonly (string Script, string Languages, ScriptCheck Check)[] Known =
    [
        ("Latn", "en de fr es it pt nl sv da nb nn no fi is et lv lt pl cs sk sl hr hu ro tr az sq mt ga cy eu ca gl af sw id ms vi tl fil", new(Latin)),
        ("Cyrl", "ru uk bg be mk kk ky mn", new(Cyrillic)),
        ("Arab", "ar fa ur ps", new(Arabic)),
        ("Hans", "zh yue", new(Han)),
        ("Hant", "", new(Han)),
        ("Jpan", "ja", new([.. Han, .. Kana])),
        ("Kore", "ko", new(Hangul)),
        ("Hebr", "he yi", new([(0x0590, 0x05FF), (0xFB1D, 0xFB4F)])),
        ("Grek", "el", new([(0x0370, 0x03FF), (0x1F00, 0x1FFF)])),
        ("Deva", "hi mr ne", new([(0x0900, 0x097F), (0xA8E0, 0xA8FF)])),
        ("Beng", "bn as", new([(0x0980, 0x09FF)])),
        ("Taml", "ta", new([(0x0B80, 0x0BFF)])),
        ("Telu", "te", new([(0x0C00, 0x0C7F)])),
        ("Thai", "th", new([(0x0E00, 0x0E7F)])),
        ("Geor", "ka", new([(0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)])),
        ("Armn", "hy", new([(0x0530, 0x058F), (0xFB13, 0xFB17)])),
    ];

    private static readonly FrozenDictionary<string, ScriptCheck> ByScript = Known.ToFrozenDictionary(k => k.Script, k => k.Check, StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, ScriptCheck> ByLanguage = Known
        .SelectMany(k => k.Languages.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(l => (Language: l, k.Check)))
        .ToFrozenDictionary(k => k.Language, k => k.Check, StringComparer.OrdinalIgnoreCase);

    private readonly (int From, int To)[] _ranges;

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
        var letters = text.EnumerateRunes().Where(Rune.IsLetter).ToList();
        return (letters.Count(l => Array.Exists(_ranges, r => l.Value >= r.From && l.Value <= r.To)), letters.Count);
    }
}
