using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>One language's copy about drawn pictures.</summary>
internal abstract class Words
{
    private static readonly EnglishWords s_english = new();
    private static readonly GermanWords s_german = new();
    private static readonly ChineseWords s_chinese = new();

    /// <summary>The copy of a language.</summary>
    /// <param name="language">en, de or zh.</param>
    /// <exception cref="ArgumentOutOfRangeException">The language is another one.</exception>
    public static Words Of(string language) => language switch
    {
        "en" => s_english,
        "de" => s_german,
        "zh" => s_chinese,
        _ => throw new ArgumentOutOfRangeException(nameof(language), language, "The sample model writes en, de and zh."),
    };

    /// <summary>"Green plain mug".</summary>
    public abstract string Title(Subject subject);

    /// <summary>"A green plain mug made of ceramic. Good for coffee and tea."</summary>
    public abstract string Description(Subject subject);

    /// <summary>"A green plain mug made of ceramic."</summary>
    public abstract string ShortDescription(Subject subject);

    /// <summary>"A green plain mug on a busy background".</summary>
    public abstract string AltText(Subject subject, bool isBusy);

    /// <summary>"Green ceramic mug".</summary>
    public abstract string SeoTitle(Subject subject);

    /// <summary>"Green plain mug made of ceramic, for coffee and tea."</summary>
    public abstract string Summary(Subject subject);

    /// <summary>"Home > Mugs".</summary>
    public abstract string ProductType(Kind kind);

    /// <summary>Five phrases: colour, pattern, material, use, style.</summary>
    public abstract IReadOnlyList<string> Points(Subject subject);

    /// <summary>Three search terms in lower case.</summary>
    public abstract IReadOnlyList<string> Searches(Subject subject);

    /// <summary>The copy about a picture without a product.</summary>
    public abstract NonProductWords Without(NonProduct nonProduct);

    protected static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

/// <summary>The copy about a picture without a product.</summary>
/// <param name="Title">"No product".</param>
/// <param name="Sentence">"The picture shows an empty shelf and no product."</param>
/// <param name="AltText">"An empty shelf".</param>
/// <param name="Points">Five phrases.</param>
/// <param name="Searches">Three search terms in lower case.</param>
internal sealed record NonProductWords(string Title, string Sentence, string AltText, IReadOnlyList<string> Points, IReadOnlyList<string> Searches);
