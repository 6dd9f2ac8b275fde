using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>English.</summary>
internal sealed class EnglishWords : Words
{
    public static string Noun(Kind kind) => kind.ToString().ToLowerInvariant();

    public override string Title(Subject subject) => Upper(Phrase(subject));

    public override string Description(Subject subject) => $"{ShortDescription(subject)} Good {Use(subject.Kind)}.";

    public override string ShortDescription(Subject subject) => $"{Article(subject)} {Phrase(subject)} made of {Lower(subject.Material)}.";

    public override string AltText(Subject subject, bool isBusy) => $"{Article(subject)} {Phrase(subject)} on a {(isBusy ? "busy" : "plain")} background";

    public override string SeoTitle(Subject subject) => $"{subject.Color} {Lower(subject.Material)} {Noun(subject.Kind)}";

    public override string Summary(Subject subject) => $"{Title(subject)} made of {Lower(subject.Material)}, {Use(subject.Kind)}.";

    public override string ProductType(Kind kind) => kind switch
    {
        Kind.Mug => "Home > Mugs",
        Kind.Shirt => "Apparel > Shirts",
        Kind.Bottle => "Sports > Bottles",
        Kind.Chair => "Home > Chairs",
        Kind.Lamp => "Home > Lamps",
        Kind.Bag => "Apparel > Bags",
        Kind.Hat => "Apparel > Hats",
        Kind.Sneaker => "Apparel > Sneakers",
        Kind.Table => "Home > Tables",
        Kind.Trousers => "Apparel > Trousers",
        Kind.Dress => "Apparel > Dresses",
        _ => "Sports > Balls",
    };

    public override IReadOnlyList<string> Points(Subject subject) =>
    [
        $"{subject.Color} color",
        subject.Pattern == Pattern.Plain ? "Plain design" : $"{subject.Pattern} pattern",
        $"Made of {Lower(subject.Material)}",
        Upper(Use(subject.Kind)),
        subject.Pattern switch { Pattern.Plain => "Minimalist", Pattern.Striped => "Casual", Pattern.Checked => "Classic", _ => "Playful" } + " style",
    ];

    public override IReadOnlyList<string> Searches(Subject subject) =>
        [$"{Lower(subject.Color)} {Noun(subject.Kind)}", $"{Lower(subject.Pattern)} {Noun(subject.Kind)}", $"{Lower(subject.Material)} {Noun(subject.Kind)}"];

    public override NonProductWords Without(NonProduct nonProduct)
    {
        var what = nonProduct switch { NonProduct.EmptyShelf => "an empty shelf", NonProduct.Noise => "noise", _ => "text" };
        return new NonProductWords(
            "No product",
            $"The picture shows {what} and no product.",
            nonProduct switch { NonProduct.EmptyShelf => "An empty shelf", NonProduct.Noise => "Noise without any shape", _ => "Lines of text" },
            ["No product to see", $"Only {what}", "Nothing to sell", "Please check the picture", "Please take another one"],
            ["no product", nonProduct switch { NonProduct.EmptyShelf => "empty shelf", NonProduct.Noise => "noise", _ => "text" }, "check picture"]);
    }

    private static string Phrase(Subject subject) => $"{Lower(subject.Color)} {Lower(subject.Pattern)} {Noun(subject.Kind)}";

    private static string Article(Subject subject) => subject.Kind == Kind.Trousers ? "A pair of" : subject.Color == ProductColor.Orange ? "An" : "A";

    private static string Use(Kind kind) => kind switch
    {
        Kind.Mug => "for coffee and tea",
        Kind.Shirt => "for everyday wear",
        Kind.Bottle => "for sports and travel",
        Kind.Chair => "for the dining table",
        Kind.Lamp => "for desk and bedside",
        Kind.Bag => "for work and shopping",
        Kind.Hat => "for sunny days",
        Kind.Sneaker => "for walks and sports",
        Kind.Table => "for kitchen and office",
        Kind.Trousers => "for work and leisure",
        Kind.Dress => "for summer and parties",
        _ => "for outdoor games",
    };

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
