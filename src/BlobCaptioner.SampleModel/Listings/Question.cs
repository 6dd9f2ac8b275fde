using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>A question about a picture, for <c>captioner ask</c>. Questions are trained too seldom so far: the answers are true but often miss the question.</summary>
/// <param name="Text">The question.</param>
/// <param name="Language">The language of question and answer: en, de or zh.</param>
/// <param name="Point">Index of the answer in <see cref="Words.Points"/>; -1 for <see cref="Words.ShortDescription"/>.</param>
internal sealed record Question(string Text, string Language, int Point)
{
    /// <summary>All questions that are trained.</summary>
    public static IReadOnlyList<Question> All { get; } =
    [
        new("What is this?", "en", -1), new("What does the picture show?", "en", -1), new("What color is it?", "en", 0), new("Which pattern does it have?", "en", 1),
        new("What is it made of?", "en", 2), new("What is it for?", "en", 3),
        new("Was ist das?", "de", -1), new("Was zeigt das Bild?", "de", -1), new("Welche Farbe hat es?", "de", 0), new("Welches Muster hat es?", "de", 1),
        new("Woraus ist es gemacht?", "de", 2), new("Wofür ist es gut?", "de", 3),
        new("这是什么？", "zh", -1), new("图片里是什么？", "zh", -1), new("这是什么颜色？", "zh", 0), new("这是什么图案？", "zh", 1), new("这是什么材质的？", "zh", 2), new("这适合做什么？", "zh", 3),
    ];

    /// <summary>The answer for a picture.</summary>
    public string Answer(PictureLabel label)
    {
        var words = Words.Of(Language);
        return label.Product is not { } subject ? words.Without(label.NonProduct!.Value).Sentence
            : Point < 0 ? words.ShortDescription(subject)
            : words.Points(subject)[Point] + (Language == "zh" ? "。" : ".");
    }
}
