using BlobCaptioner.Text;
using Xunit;

namespace BlobCaptioner.Tests.Text;

public sealed class TextLimitTests
{
    [Theory]
    [InlineData("Red mug", 7, "Red mug")]
    [InlineData("Red plain mug", 11, "Red plain")]
    [InlineData("Red plain mug", 9, "Red plain")]
    [InlineData("A mug. It is red and large.", 20, "A mug. It is red and")]
    [InlineData("A fine red mug. It is large.", 20, "A fine red mug.")]
    [InlineData("Costs 1.50 and more", 10, "Costs 1.50")]
    [InlineData("a bcd", 2, "a")]
    [InlineData("unbreakable", 5, "unbre")]
    [InlineData("红色的杯子。很大。", 7, "红色的杯子。")]
    [InlineData("ab😀", 2, "ab")]
    [InlineData("a👨‍👩‍👧b", 3, "a")]
    public void Cut_TextAndLimit_KeepsWhatAReaderWould(string text, int limit, string kept) =>
        Assert.Equal(kept, text[..TextLimit.Cut(text, limit)]);

    [Fact]
    public void Cut_OneCharacterOfManyMarks_KeepsWholeScalars() =>
        Assert.Equal(3, TextLimit.Cut("e" + new string('\u0301', 20), 3));
}
