using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using Xunit;

namespace BlobCaptioner.Tests.Captioning;

public sealed class CopyPartTests
{
    private static readonly Profile s_profile = new()
    {
        Name = "three",
        Languages = [new("en"), new("de", ["title"])],
        Fields =
        [
            new() { Name = "color", Kind = FieldKind.Choice, Values = ["red"], IsAttribute = true },
            new() { Name = "title", Kind = FieldKind.Text },
            new() { Name = "bullets", Kind = FieldKind.TextList },
        ],
    };

    [Theory]
    [InlineData("title", "", "title", "en,de")]
    [InlineData("title", "de", "title", "de")]
    [InlineData("", "de", "title,bullets", "de")]
    [InlineData("color", "", "color", "en,de")]
    [InlineData("color", "de", "color", "de")]
    [InlineData("", "", "color,title,bullets", "en,de")]
    [InlineData("bullets", "de", null, null)]
    [InlineData("nothing", "", null, null)]
    [InlineData("", "fr", null, null)]
    public void Of_Profile_KeepsWhatWasNamed(string fields, string languages, string? keptFields, string? keptLanguages)
    {
        var part = new CopyPart(Names(fields), Names(languages)).Of(s_profile);
        Assert.Equal(keptFields, part is null ? null : string.Join(',', part.Fields.Select(f => f.Name)));
        Assert.Equal(keptLanguages, part is null ? null : string.Join(',', part.Languages.Select(l => l.Tag)));
    }

    private static string[] Names(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
