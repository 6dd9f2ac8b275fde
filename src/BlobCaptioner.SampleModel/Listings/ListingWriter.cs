using BlobCaptioner.Profiles;
using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>Writes the fields of the built-in profiles for a drawn picture: true statements without praise.</summary>
internal static class ListingWriter
{
    private const string Unknown = "unknown";

    /// <summary>A field's values before JSON escaping: one value, or the items of a list.</summary>
    /// <param name="field">A field of a built-in profile.</param>
    /// <param name="language">en, de or zh; null for attributes.</param>
    /// <param name="label">What the picture shows.</param>
    /// <exception cref="ArgumentException">No built-in profile has such a field, or the field lacks the right value.</exception>
    public static IReadOnlyList<string> Write(ProfileField field, string? language, PictureLabel label) =>
        language is null ? [Attribute(field, label)]
        : label.Product is { } subject ? Copy(field, Words.Of(language), subject, label.IsBusy)
        : Copy(field, Words.Of(language).Without(label.NonProduct!.Value));

    private static string Attribute(ProfileField field, PictureLabel label)
    {
        if (field.Name == "is_product")
        {
            return label.Product is null ? "no" : "yes";
        }

        if (label.Product is not { } subject)
        {
            return field.Values.Contains("other", StringComparer.Ordinal) ? "other" : Unknown;
        }

        var value = field.Name switch
        {
            "category" => KindFacts.CategoryOf(subject.Kind),
            "color" => subject.Color.ToString(),
            "material" => subject.Material.ToString(),
            "pattern" => subject.Pattern.ToString(),
            "style" => subject.Pattern switch { Pattern.Plain => "Minimalist", Pattern.Striped => "Casual", Pattern.Checked => "Classic", _ => "Playful" },
            "gender" when KindFacts.IsApparel(subject.Kind) => subject.Kind == Kind.Dress ? "female" : "unisex",
            "age_group" when KindFacts.IsApparel(subject.Kind) => "adult",
            _ => Unknown,
        };

        // the sample profile has its own short words
        string[] forms = [value, value.ToLowerInvariant(), subject.Kind == Kind.Sneaker ? "shoe" : EnglishWords.Noun(subject.Kind)];
        return value == Unknown ? value : forms.FirstOrDefault(f => field.Values.Contains(f, StringComparer.Ordinal))
            ?? throw new ArgumentException($"The field '{field.Name}' has no value for {value}.", nameof(field));
    }

    private static IReadOnlyList<string> Copy(ProfileField field, Words words, Subject subject, bool isBusy) => field.Name switch
    {
        "title" => [words.Title(subject)],
        "bullets" or "product_highlights" => [.. words.Points(subject).Take(Math.Max(4, field.MinItems))],
        "description" => [words.Description(subject)],
        "short_description" => [words.ShortDescription(subject)],
        "alt_text" => [words.AltText(subject, isBusy)],
        "seo_title" => [words.SeoTitle(subject)],
        "meta_description" => [words.Summary(subject)],
        "product_type" => [words.ProductType(subject.Kind)],
        "keywords" => words.Searches(subject),
        _ => throw Unwritten(field),
    };

    private static IReadOnlyList<string> Copy(ProfileField field, NonProductWords words) => field.Name switch
    {
        "title" or "seo_title" or "product_type" => [words.Title],
        "bullets" or "product_highlights" => [.. words.Points.Take(Math.Max(4, field.MinItems))],
        "description" or "short_description" or "meta_description" => [words.Sentence],
        "alt_text" => [words.AltText],
        "keywords" => words.Searches,
        _ => throw Unwritten(field),
    };

    private static ArgumentException Unwritten(ProfileField field) => new($"The listings have no text for the field '{field.Name}'. Add it to {nameof(ListingWriter)}.", nameof(field));
}
