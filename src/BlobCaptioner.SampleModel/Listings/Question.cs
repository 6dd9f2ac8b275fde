using BlobCaptioner.SampleModel.Scope;

namespace BlobCaptioner.SampleModel.Listings;

/// <summary>A question about a picture, for <c>captioner ask</c>. Trained too seldom so far: the answers are true, but not to the point.</summary>
/// <param name="Text">The question.</param>
/// <param name="Language">Its language, which is the answer's too.</param>
/// <param name="Point">Which of <see cref="Words.Points"/> answers it; -1 for what the picture shows.</param>
internal sealed record Question(string Text, string Language, int Point)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Question> All { get; } =
    [
        new("What is this?", "en", -1), new("What does the picture show?", "en", -1), new("What color is it?", "en", 0), new("Which pattern does it have?", "en", 1),
        new("What is it made of?", "en", 2), new("What is it for?", "en", 3),
        new("Was ist das?", "de", -1), new("Was zeigt das Bild?", "de", -1), new("Welche Farbe hat es?", "de", 0), new("Welches Muster hat es?", "de", 1),
        new("Woraus ist es gemacht?", "de", 2), new("Wofür ist es gut?", "de", 3),
        new("这是什么？", "zh", -1), new("图片里是什么？", "zh", -1), new("这是什么颜色？", "zh", 0), new("这是什么图案？", "zh", 1), new("这是什么材质的？", "zh", 2), new("这适合做什么？", "zh", 3),
    ];

    /// <summary>The answer about a picture.</summary>
    public string Answer(PictureLabel label)
    {
        var words = Words.Of(Language);
        return label.Product is not { } subject ? words.Without(label.Nothing!.Value).Sentence
            : Point < 0 ? words.ShortDescription(subject)
            : words.Points(subject)[Point] + (Language == "zh" ? "。" : ".");
    }
}
