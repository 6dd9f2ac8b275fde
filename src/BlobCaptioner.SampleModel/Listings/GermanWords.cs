using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>German, with genders and endings.</summary>
internal sealed class GermanWords : Words
{
    public override string Title(Subject subject) => Upper(Phrase(subject));

    public override string Description(Subject subject) => $"{ShortDescription(subject)} Gut {Use(subject.Kind)}.";

    public override string ShortDescription(Subject subject) => $"{Article(subject.Kind)} {Phrase(subject)} aus {Substance(subject.Material)}.";

    public override string AltText(Subject subject, bool isBusy) => $"{Article(subject.Kind)} {Phrase(subject)} vor {(isBusy ? "unruhigem" : "schlichtem")} Hintergrund";

    public override string SeoTitle(Subject subject) => $"{Upper(Bend(Adjective(subject.Color), subject.Kind))} {Noun(subject.Kind)} aus {Substance(subject.Material)}";

    public override string Summary(Subject subject) => $"{Title(subject)} aus {Substance(subject.Material)}, {Use(subject.Kind)}.";

    public override string ProductType(Kind kind) => kind switch
    {
        Kind.Mug => "Wohnen > Tassen",
        Kind.Shirt => "Kleidung > T-Shirts",
        Kind.Bottle => "Sport > Flaschen",
        Kind.Chair => "Wohnen > Stühle",
        Kind.Lamp => "Wohnen > Lampen",
        Kind.Bag => "Kleidung > Taschen",
        Kind.Hat => "Kleidung > Hüte",
        Kind.Sneaker => "Kleidung > Turnschuhe",
        Kind.Table => "Wohnen > Tische",
        Kind.Trousers => "Kleidung > Hosen",
        Kind.Dress => "Kleidung > Kleider",
        _ => "Sport > Bälle",
    };

    public override IReadOnlyList<string> Points(Subject subject) =>
    [
        $"Farbe {ColorName(subject.Color)}",
        subject.Pattern == Pattern.Plain ? "Einfarbiges Design" : $"{Upper(Adjective(subject.Pattern))}es Muster",
        $"Aus {Substance(subject.Material)}",
        Upper(Use(subject.Kind)),
        subject.Pattern switch { Pattern.Plain => "Schlichter", Pattern.Striped => "Lässiger", Pattern.Checked => "Klassischer", _ => "Verspielter" } + " Stil",
    ];

    public override IReadOnlyList<string> Searches(Subject subject)
    {
        // lower case, as people type searches
        var noun = Noun(subject.Kind).ToLowerInvariant();
        return [$"{noun} {ColorName(subject.Color).ToLowerInvariant()}", $"{noun} {Adjective(subject.Pattern)}", $"{noun} {Substance(subject.Material).ToLowerInvariant()}"];
    }

    public override NonProductWords Without(NonProduct nonProduct)
    {
        var what = nonProduct switch { NonProduct.EmptyShelf => "ein leeres Regal", NonProduct.Noise => "Rauschen", _ => "Text" };
        return new NonProductWords(
            "Kein Produkt",
            $"Das Bild zeigt {what} und kein Produkt.",
            nonProduct switch { NonProduct.EmptyShelf => "Ein leeres Regal", NonProduct.Noise => "Rauschen ohne Form", _ => "Textzeilen" },
            ["Kein Produkt zu sehen", $"Nur {what}", "Nichts zu verkaufen", "Bitte das Bild prüfen", "Bitte neu fotografieren"],
            ["kein produkt", nonProduct switch { NonProduct.EmptyShelf => "leeres regal", NonProduct.Noise => "rauschen", _ => "text" }, "bild prüfen"]);
    }

    private static string Phrase(Subject subject) => $"{Bend(Adjective(subject.Color), subject.Kind)} {Bend(Adjective(subject.Pattern), subject.Kind)} {Noun(subject.Kind)}";

    private static char Gender(Kind kind) => kind switch
    {
        Kind.Mug or Kind.Bottle or Kind.Lamp or Kind.Bag or Kind.Trousers => 'f',
        Kind.Shirt or Kind.Dress => 'n',
        _ => 'm',
    };

    private static string Article(Kind kind) => Gender(kind) == 'f' ? "Eine" : "Ein";

    private static string Bend(string adjective, Kind kind) => adjective + Gender(kind) switch { 'f' => "e", 'n' => "es", _ => "er" };

    private static string Noun(Kind kind) => kind switch
    {
        Kind.Mug => "Tasse",
        Kind.Shirt => "T-Shirt",
        Kind.Bottle => "Flasche",
        Kind.Chair => "Stuhl",
        Kind.Lamp => "Lampe",
        Kind.Bag => "Tasche",
        Kind.Hat => "Hut",
        Kind.Sneaker => "Turnschuh",
        Kind.Table => "Tisch",
        Kind.Trousers => "Hose",
        Kind.Dress => "Kleid",
        _ => "Ball",
    };

    private static string Adjective(ProductColor color) => color switch
    {
        ProductColor.Black => "schwarz",
        ProductColor.White => "weiß",
        ProductColor.Red => "rot",
        ProductColor.Orange => "orangefarben",
        ProductColor.Yellow => "gelb",
        ProductColor.Green => "grün",
        ProductColor.Turquoise => "türkisfarben",
        ProductColor.Blue => "blau",
        ProductColor.Purple => "violett",
        _ => "rosafarben",
    };

    private static string ColorName(ProductColor color) => color switch
    {
        ProductColor.Orange => "Orange",
        ProductColor.Turquoise => "Türkis",
        ProductColor.Pink => "Rosa",
        _ => Upper(Adjective(color)),
    };

    private static string Adjective(Pattern pattern) => pattern switch
    {
        Pattern.Plain => "einfarbig",
        Pattern.Striped => "gestreift",
        Pattern.Checked => "kariert",
        _ => "gepunktet",
    };

    private static string Substance(Material material) => material switch
    {
        Material.Ceramic => "Keramik",
        Material.Metal => "Metall",
        Material.Plastic => "Kunststoff",
        Material.Cotton => "Baumwolle",
        Material.Denim => "Denim",
        Material.Leather => "Leder",
        _ => "Holz",
    };

    private static string Use(Kind kind) => kind switch
    {
        Kind.Mug => "für Kaffee und Tee",
        Kind.Shirt => "für jeden Tag",
        Kind.Bottle => "für Sport und Reisen",
        Kind.Chair => "für Esszimmer und Küche",
        Kind.Lamp => "für Schreibtisch und Nachttisch",
        Kind.Bag => "für Arbeit und Einkauf",
        Kind.Hat => "für sonnige Tage",
        Kind.Sneaker => "für Spaziergang und Sport",
        Kind.Table => "für Küche und Büro",
        Kind.Trousers => "für Arbeit und Freizeit",
        Kind.Dress => "für Sommer und Feste",
        _ => "für Spiele im Freien",
    };
}
