using BlobCaptioner.SampleModel.Scope;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>A language's words for what is drawn.</summary>
internal abstract class Words
{
    /// <summary>The words of a language.</summary>
    /// <param name="language">en, de or zh.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another language.</exception>
    public static Words Of(string language) => language switch
    {
        "en" => EnglishWords.Instance,
        "de" => GermanWords.Instance,
        "zh" => ChineseWords.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(language), language, "The sample model speaks en, de and zh."),
    };

    /// <summary>"Green plain mug".</summary>
    public abstract string Title(Subject subject);

    /// <summary>"A green plain mug made of ceramic." and what it is for.</summary>
    public abstract string Description(Subject subject);

    /// <summary>Its first sentence.</summary>
    public abstract string ShortDescription(Subject subject);

    /// <summary>What the picture shows, with what is behind it.</summary>
    public abstract string AltText(Subject subject, bool isBusy);

    /// <summary>"Green ceramic mug".</summary>
    public abstract string SeoTitle(Subject subject);

    /// <summary>All of it in one sentence.</summary>
    public abstract string Summary(Subject subject);

    /// <summary>"Home > Mugs".</summary>
    public abstract string ProductType(Kind kind);

    /// <summary>Five phrases: colour, pattern, material, use, style.</summary>
    public abstract IReadOnlyList<string> Points(Subject subject);

    /// <summary>Three searches in lower case.</summary>
    public abstract IReadOnlyList<string> Searches(Subject subject);

    /// <summary>What is said where there is no product.</summary>
    public abstract NothingWords Without(Nothing nothing);
}
