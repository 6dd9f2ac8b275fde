using BlobCaptioner.Pipeline.Jobs;
using BlobCaptioner.Profiles;
using BlobCaptioner.Records;
using Xunit;

namespace BlobCaptioner.Tests.Pipeline.Jobs;

public sealed class RecordPartTests
{
    [Fact]
    public void Merge_OneFieldOfOneLanguage_ReplacesItsTextAndItsFlagsOnly()
    {
        var whole = Record(["en", "de"], ["color-low-confidence", "en.title-cut", "de.title-cut", "de.alt_text-empty"], ("en", "title", "Mug"), ("de", "title", "Tasse"), ("de", "alt_text", ""));
        var part = Record(["de"], ["title-loop"], ("de", "title", "Becher"));
        var asked = Profile("de", "title");
        var merged = RecordPart.Merge(whole, part with { Fingerprint = "new" }, asked);
        Assert.Equal(["color-low-confidence", "en.title-cut", "de.alt_text-empty", "de.title-loop"], merged.Flags);
        Assert.Equal(("Mug", "Becher", ""), (merged.Copy["en"]["title"].ToString(), merged.Copy["de"]["title"].ToString(), merged.Copy["de"]["alt_text"].ToString()));
        Assert.Equal(["en", "de"], merged.Profile.Languages);
    }

    [Fact]
    public void Merge_OneLanguageThere_FlagsHaveNoTag()
    {
        var merged = RecordPart.Merge(
            Record(["en"], ["title-cut", "bullets-cut"], ("en", "title", "Mug")), Record(["en"], ["title-loop"], ("en", "title", "Jug")), Profile("en", "title"));
        Assert.Equal(["bullets-cut", "title-loop"], merged.Flags);
    }

    private static Profile Profile(string language, string field) =>
        new() { Name = "x", Languages = [new(language)], Fields = [new() { Name = field, Kind = FieldKind.Text }] };

    private static CaptionRecord Record(string[] languages, string[] flags, params (string Language, string Field, string Text)[] texts) => new()
    {
        Status = RecordStatus.Described,
        Image = new() { Container = "images", Name = "a.jpg", ETag = "1" },
        Profile = new("x", "1") { Languages = languages },
        Flags = flags,
        Copy = texts.GroupBy(t => t.Language).ToDictionary(
            g => g.Key, IReadOnlyDictionary<string, CopyValue> (g) => g.ToDictionary(t => t.Field, t => new CopyValue(t.Text), StringComparer.Ordinal), StringComparer.Ordinal),
        Generation = new() { Preparation = "1", Worker = "test", At = DateTimeOffset.UnixEpoch },
        Fingerprint = "old",
    };
}
