using BlobCaptioner.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BlobCaptioner.Tests.Text;

/// <summary>The plain functions that say whether a text holds.</summary>
public sealed class TextFunctionsTests
{
    [Theory]
    [InlineData("zh-Hans", "红色马克杯,适合喝茶。", false)]
    [InlineData("zh", "IKEA 马克杯 红色款", false)]
    [InlineData("zh", "A red mug 杯", true)]
    [InlineData("ja", "赤いマグカップ", false)]
    [InlineData("ko", "빨간 머그잔", false)]
    [InlineData("ru", "Красная кружка LED", false)]
    [InlineData("ru", "A red mug", true)]
    [InlineData("sr-Latn", "Crvena šolja", false)]
    [InlineData("sr-Cyrl", "Crvena šolja", true)]
    [InlineData("ar", "كوب أحمر", false)]
    [InlineData("he-IL", "ספל אדום", false)]
    [InlineData("de-AT", "Rote Häferl für Tee", false)]
    [InlineData("de", "红色马克杯", true)]
    [InlineData("vi", "Cốc màu đỏ", false)]
    [InlineData("zh", "LED", false)]
    [InlineData("zh", "12 × 30", false)]
    public void IsWrong_TextInALanguagesScript_IsNot(string language, string text, bool isWrong) => Assert.Equal(isWrong, ScriptCheck.For(language)!.IsWrong(text));

    [Theory]
    [InlineData("tlh")]
    [InlineData("x-none")]
    [InlineData("sr")]
    public void For_LanguageOfWhichNothingIsKnown_ChecksNothing(string language) => Assert.Null(ScriptCheck.For(language));

    [Theory]
    [InlineData("the best mug", "best", true, 4)]
    [InlineData("the BEST", "best", true, 4)]
    [InlineData("the best", "best", false, -1)]
    [InlineData("the best,", "best", false, 4)]
    [InlineData("bestow", "best", true, -1)]
    [InlineData("world's best ever", "best ever", true, 8)]
    [InlineData("100% safe", "100%", false, 0)]
    [InlineData("最好的杯子", "最好", false, 0)]
    [InlineData("größte Tasse", "größte", false, 0)]
    public void TryFindCompleted_WholeWords_AreFound(string text, string word, bool isEnd, int start)
    {
        Assert.Equal(start >= 0, new BannedWords([word, "  "]).TryFindCompleted(text, isEnd, out var at));
        Assert.Equal(start, at);
    }

    [Theory]
    [InlineData("A mug for tea. It holds tea and coffee well. It holds tea and coffee well.", "A mug for tea. It holds tea and coffee well.")]
    [InlineData("a b c d e a b c d f a b c d g", "a b c d e")]
    [InlineData("红色马克杯适合喝茶和咖啡好。红色马克杯适合喝茶和咖啡好。", "红色马克杯适合喝茶和咖啡好。")]
    public void Find_TextThatSaysTheSameAgain_BeginsWhereItDoes(string text, string kept) => Assert.Equal(kept, text[..Repetition.Find(text)].TrimEnd());

    [Theory]
    [InlineData("")]
    [InlineData("A red mug. A red lid. A red spoon.")]
    [InlineData("For tea. For tea. For tea.")]
    [InlineData("This mug is red and round, this mug is blue and round.")]
    [InlineData("这款红色马克杯采用陶瓷制成,容量三百毫升,适合办公室和家庭使用。")]
    public void Find_TextThatDoesNotLoop_IsNone(string text) => Assert.Equal(-1, Repetition.Find(text));

    [Theory]
    [InlineData("**Bold** and _soft_ `code`", "Bold and soft code")]
    [InlineData("# Heading\nText", "Heading Text")]
    [InlineData("- one\n* two\n• three", "one two three")]
    [InlineData("[shop](http://x.y/z) now", "shop now")]
    [InlineData("a <br/> b <strong>c</strong>", "a b c")]
    [InlineData("snake_case_name, 2 * 3 * 4, 5 < 6 > 2, #1 mug", "snake_case_name, 2 * 3 * 4, 5 < 6 > 2, #1 mug")]
    [InlineData("tab\there\u0000\u2028", "tab here")]
    public void Clean_Markup_LeavesTheWords(string text, string clean) => Assert.Equal(clean, MarkdownText.Clean(text, keepParagraphs: false));

    [Fact]
    public void Clean_Paragraphs_MayStay() => Assert.Equal("One.\n\nTwo.\nThree.", MarkdownText.Clean("One. \r\n \n\n Two.\nThree.\n", keepParagraphs: true));

    [Fact]
    public void Clean_AnyText_HasNoControlCharactersAndCleansToItself() =>
        Prop.ForAll<string>(text =>
        {
            var clean = MarkdownText.Clean(text ?? "", keepParagraphs: false);
            Assert.DoesNotContain(clean, c => char.IsControl(c));
            Assert.True(Repetition.Find(clean) <= clean.Length);
            Assert.Equal(clean.Trim(), clean);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData("write down what you see in the picture", true)]
    [InlineData("You see in the picture", false)]
    [InlineData("A red mug", false)]
    public void IsIn_SixWordsOfThePrompt_AreAnEcho(string text, bool isEcho) =>
        Assert.Equal(isEcho, new PromptEcho("Write down what you see in the picture, please.").IsIn(text));
}
