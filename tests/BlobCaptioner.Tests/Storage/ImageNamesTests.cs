using BlobCaptioner.Storage;
using Xunit;

namespace BlobCaptioner.Tests.Storage;

public sealed class ImageNamesTests
{
    [Theory]
    [InlineData("a.jpg", true)]
    [InlineData("shoes/red", true)]
    [InlineData("a.json.jpg", true)]
    [InlineData("a_b/c_d.jpg", true)]
    [InlineData("notes.txt", true)]
    [InlineData("a.jpg.json", false)]
    [InlineData("a.JSON", false)]
    [InlineData("_catalog.csv", false)]
    [InlineData("shoes/_catalog.csv", false)]
    [InlineData("_drafts/a.jpg", false)]
    [InlineData("shoes/.thumbs/a.jpg", false)]
    [InlineData(".DS_Store", false)]
    [InlineData("shoes/", false)]
    [InlineData("", false)]
    public void IsImage_Name_FollowsTheRule(string name, bool expected) => Assert.Equal(expected, ImageNames.IsImage(name));

    [Fact]
    public void RecordFor_NameFits_IsBesideTheImage() => Assert.Equal("shoes/red.jpg.json", ImageNames.RecordFor("shoes/red.jpg"));

    [Fact]
    public void RecordFor_NameOf1019Characters_IsStillPlain()
    {
        var name = new string('x', 1019);
        Assert.Equal(name + ".json", ImageNames.RecordFor(name));
    }

    [Fact]
    public void RecordFor_TooLongNames_AreCutToTheLimitAndStayApart()
    {
        var one = ImageNames.RecordFor("shoes/" + new string('x', 1015) + "1");
        var two = ImageNames.RecordFor("shoes/" + new string('x', 1015) + "2");
        Assert.Equal(ImageNames.MaxLength, one.Length);
        Assert.NotEqual(one, two);
        Assert.StartsWith("shoes/xxx", one, StringComparison.Ordinal);
        Assert.False(ImageNames.IsImage(one));
    }

    [Fact]
    public void RecordFor_CutInsideASurrogatePair_LeavesNoHalf()
    {
        foreach (var shift in (int[])[0, 1])
        {
            var name = new string('x', shift) + string.Concat(Enumerable.Repeat("\U0001F600", 511)) + "y";
            Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(ImageNames.RecordFor(name))));
        }
    }
}
