using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace BlobCaptioner.Text;

/// <summary>
/// Language tags (BCP 47) and their English names. A table of its own: the program runs with invariant globalization, where <c>CultureInfo</c> knows no names.
/// </summary>
internal static partial class LanguageNames
{
    private static readonly FrozenDictionary<string, string> s_languages = Table(
        "af=Afrikaans,am=Amharic,ar=Arabic,az=Azerbaijani,be=Belarusian,bg=Bulgarian,bn=Bengali,bs=Bosnian,ca=Catalan,cs=Czech,cy=Welsh,da=Danish,de=German,"
        + "el=Greek,en=English,es=Spanish,et=Estonian,eu=Basque,fa=Persian,fi=Finnish,fil=Filipino,fr=French,ga=Irish,gl=Galician,gu=Gujarati,he=Hebrew,hi=Hindi,"
        + "hr=Croatian,hu=Hungarian,hy=Armenian,id=Indonesian,is=Icelandic,it=Italian,ja=Japanese,ka=Georgian,kk=Kazakh,km=Khmer,kn=Kannada,ko=Korean,ky=Kyrgyz,"
        + "lb=Luxembourgish,lo=Lao,lt=Lithuanian,lv=Latvian,mk=Macedonian,ml=Malayalam,mn=Mongolian,mr=Marathi,ms=Malay,mt=Maltese,my=Burmese,nb=Norwegian Bokmål,"
        + "ne=Nepali,nl=Dutch,nn=Norwegian Nynorsk,no=Norwegian,pa=Punjabi,pl=Polish,ps=Pashto,pt=Portuguese,ro=Romanian,ru=Russian,si=Sinhala,sk=Slovak,sl=Slovenian,"
        + "sq=Albanian,sr=Serbian,sv=Swedish,sw=Swahili,ta=Tamil,te=Telugu,th=Thai,tl=Tagalog,tr=Turkish,uk=Ukrainian,ur=Urdu,uz=Uzbek,vi=Vietnamese,yue=Cantonese,"
        + "zh=Chinese,zu=Zulu");

    private static readonly FrozenDictionary<string, string> s_variants = Table(
        "Hans=simplified,Hant=traditional,Latn=Latin script,Cyrl=Cyrillic script,Arab=Arabic script,AR=Argentina,AT=Austria,AU=Australia,BE=Belgium,BR=Brazil,CA=Canada,"
        + "CH=Switzerland,CL=Chile,CN=China,CO=Colombia,DE=Germany,ES=Spain,FR=France,GB=British,HK=Hong Kong,IE=Ireland,IN=India,IT=Italy,MX=Mexico,NL=Netherlands,"
        + "NZ=New Zealand,PT=Portugal,SG=Singapore,TW=Taiwan,US=American,ZA=South Africa,419=Latin America");

    /// <summary>For a prompt: <c>German (de)</c>, <c>Portuguese, Brazil (pt-BR)</c>; the tag alone where its language has no name here.</summary>
    public static string Describe(string tag)
    {
        var parts = tag.Split('-');
        if (!s_languages.TryGetValue(parts[0], out var name))
        {
            return tag;
        }

        foreach (var part in parts.AsSpan(1))
        {
            name += s_variants.TryGetValue(part, out var variant) ? $", {variant}" : "";
        }

        return $"{name} ({tag})";
    }

    /// <summary>
    /// The tag as BCP 47 writes it (<c>PT-br</c> is <c>pt-BR</c>); null where it is not well-formed: language, then optional script, region and variants
    /// (https://www.rfc-editor.org/rfc/rfc5646#section-2.1, without extensions and private use).
    /// </summary>
    public static string? Normalize(string tag)
    {
        if (!WellFormed().IsMatch(tag))
        {
            return null;
        }

        var parts = tag.ToLowerInvariant().Split('-');
        for (var i = 1; i < parts.Length; i++)
        {
            parts[i] = parts[i].Length switch
            {
                2 => parts[i].ToUpperInvariant(),
                4 when char.IsAsciiLetter(parts[i][0]) => char.ToUpperInvariant(parts[i][0]) + parts[i][1..],
                _ => parts[i],
            };
        }

        return string.Join('-', parts);
    }

    private static FrozenDictionary<string, string> Table(string pairs) =>
        pairs.Split(',').Select(p => p.Split('=')).ToFrozenDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex("^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WellFormed();
}
